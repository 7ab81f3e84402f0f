// Copyright: Contributors to the dcops.atlassian_sessions project
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
package standin;

import jakarta.servlet.ServletException;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.sql.SQLException;

/**
 * The pages of a STAND-IN: no product runs here. The container around it is a real one, and so are its sessions and the database.
 *
 * Which product's paths, form and cookies it has is data: see Shape.
 */
public final class Pages extends HttpServlet {
    private static final String USER = "user";
    private final long began = System.nanoTime();
    private transient Shape shape;
    private transient Tokens tokens;

    @Override
    public void init() throws ServletException {
        try {
            shape = Shape.ofThisProcess();
            tokens = new Tokens(shape);
        } catch (IOException | ClassNotFoundException error) {
            throw new ServletException(error);
        }
    }

    @Override
    protected void service(HttpServletRequest request, HttpServletResponse response) throws ServletException, IOException {
        String path = request.getServletPath() + (request.getPathInfo() == null ? "" : request.getPathInfo());
        response.setHeader("X-Node", shape.of("node"));
        response.setHeader("Cache-Control", "no-store");
        if (shape.is("page.status", path)) {
            answer(response, 200, "application/json", "{\"state\":\"" + state() + "\"}");
        } else if (state().equals("STARTING")) {
            answer(response, 503, "text/html", "<html>Stand-in: starting</html>");
        } else if (isElsewhere(request)) {
            response.sendRedirect(shape.of("public.url") + path);
        } else {
            try {
                route(path, request, response);
            } catch (SQLException error) {
                throw new ServletException(error);
            }
        }
    }

    /** A stop takes as long as the file says at that moment. */
    @Override
    public void destroy() {
        try {
            pause(Shape.ofThisProcess().of("stop.seconds") + "000");
        } catch (IOException error) {
            getServletContext().log("stops at once", error);
        }
    }

    private void route(String path, HttpServletRequest request, HttpServletResponse response) throws IOException, SQLException {
        if (shape.is("page.manifest", path)) {
            answer(response, 200, "application/xml", shape.manifest());
        } else if (shape.is("page.sign_in", path) && request.getMethod().equals("POST")) {
            signIn(request, response);
        } else {
            page(path, userOf(request, response), request, response);
        }
    }

    private void page(String path, String user, HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (shape.is("page.whoami", path)) {
            pause(request.getParameter("ms"));
            answer(response, 200, "text/plain", user);
        } else if (shape.is("page.home", path) && user.isEmpty()) {
            response.sendRedirect(request.getContextPath() + shape.of("page.login"));
        } else if (shape.is("page.login", path) || shape.is("page.home", path)) {
            String who = user.isEmpty() ? "nobody" : user;
            answer(response, 200, "text/html", "<html>Stand-in for " + shape.of("title") + ", no real product. Signed in: " + who + "</html>");
        } else {
            answer(response, 404, "text/html", "<html>Stand-in: no such page</html>");
        }
    }

    private void signIn(HttpServletRequest request, HttpServletResponse response) throws IOException, SQLException {
        String user = request.getParameter(shape.of("form.username"));
        if (!tokens.isAccount(user, request.getParameter(shape.of("form.password")))) {
            reason(response, "AUTHENTICATED_FAILED");
            answer(response, 200, "text/html", "<html>Stand-in: not signed in</html>");
            return;
        }
        newSession(request, user);
        if (shape.of("form.ticked").equals(request.getParameter(shape.of("form.remember_me")))) {
            response.addCookie(rememberMe(request, tokens.make(user), Integer.parseInt(shape.of("cookie.seconds"))));
        }
        reason(response, "OK");
        response.sendRedirect(request.getContextPath() + shape.of("page.home"));
    }

    /** Whom the cookies sign in, "" for nobody, as the products find out: the session first, then the remember-me token. */
    private String userOf(HttpServletRequest request, HttpServletResponse response) throws SQLException {
        HttpSession session = request.getSession(false);
        if (session != null && session.getAttribute(USER) != null) {
            return (String) session.getAttribute(USER);
        }
        String value = cookieOf(request, shape.of("cookie.remember_me"));
        if (value.isEmpty()) {
            return "";
        }
        String user = tokens.userOf(value);
        if (user.isEmpty()) {
            reason(response, "AUTHENTICATED_FAILED");
            response.addCookie(rememberMe(request, "", 0));
        } else {
            newSession(request, user);
            reason(response, "OK");
        }
        return user;
    }

    private static void newSession(HttpServletRequest request, String user) {
        HttpSession old = request.getSession(false);
        if (old != null) {
            old.invalidate();
        }
        request.getSession(true).setAttribute(USER, user);
    }

    private Cookie rememberMe(HttpServletRequest request, String value, int seconds) {
        Cookie cookie = new Cookie(shape.of("cookie.remember_me"), value);
        cookie.setPath(request.getContextPath() + "/");
        cookie.setMaxAge(seconds);
        cookie.setHttpOnly(true);
        cookie.setSecure(request.isSecure());
        return cookie;
    }

    private static String cookieOf(HttpServletRequest request, String name) {
        if (request.getCookies() != null) {
            for (Cookie cookie : request.getCookies()) {
                if (cookie.getName().equals(name)) {
                    return cookie.getValue();
                }
            }
        }
        return "";
    }

    /** Whether the browser came by another address than the public one, where the node is told to insist on that. */
    private boolean isElsewhere(HttpServletRequest request) {
        String wanted = shape.of("public.host");
        return !wanted.isEmpty() && !wanted.equals(request.getHeader("Host"));
    }

    private String state() {
        long seconds = (System.nanoTime() - began) / 1_000_000_000L;
        return seconds < Long.parseLong(shape.of("startup.seconds")) ? "STARTING" : shape.of("state");
    }

    private void reason(HttpServletResponse response, String reason) {
        if (!shape.of("header.reason").isEmpty()) {
            response.setHeader(shape.of("header.reason"), reason);
        }
    }

    private static void pause(String milliseconds) {
        try {
            Thread.sleep(milliseconds == null ? 0 : Long.parseLong(milliseconds));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void answer(HttpServletResponse response, int code, String type, String body) throws IOException {
        response.setStatus(code);
        response.setContentType(type + ";charset=UTF-8");
        response.getWriter().print(body);
    }
}
