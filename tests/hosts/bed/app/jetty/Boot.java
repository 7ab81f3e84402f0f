// Copyright: Contributors to the dcops.atlassian_sessions project
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.webapp.WebAppContext;

/** Starts a real Jetty around the stand-in, as the program of Fisheye starts one: java -jar fisheyeboot.jar start. */
public final class Boot {
    private Boot() {}

    public static void main(String[] arguments) throws Exception {
        Server server = new Server(Integer.getInteger("stand.in.port"));
        server.setHandler(new WebAppContext(System.getProperty("stand.in.webapp"), "/"));
        server.setStopAtShutdown(true);
        server.start();
        server.join();
    }
}
