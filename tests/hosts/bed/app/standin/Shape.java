// Copyright: Contributors to the dcops.atlassian_sessions project
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
package standin;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;

/** What the stand-in imitates, and of which node: the file that the argument -Dstand.in= of this process names. */
final class Shape {
    private final Properties values = new Properties();

    private Shape() {}

    static Shape ofThisProcess() throws IOException {
        Shape shape = new Shape();
        try (Reader reader = Files.newBufferedReader(Path.of(System.getProperty("stand.in")), StandardCharsets.UTF_8)) {
            shape.values.load(reader);
        }
        return shape;
    }

    /** A value, "" when there is none. */
    String of(String name) {
        return values.getProperty(name, "");
    }

    /** Whether this is that path; a page that the product does not have is nowhere. */
    boolean is(String page, String path) {
        return !of(page).isEmpty() && of(page).equals(path);
    }

    /** What the application links plugin of a product tells of it. */
    String manifest() {
        return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><manifest><name>Stand-in, no real product</name><typeId>" + of("manifest.type")
            + "</typeId><version>" + of("version") + "</version></manifest>";
    }
}
