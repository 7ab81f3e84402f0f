// Copyright: Contributors to the dcops.atlassian_sessions project
// GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
package standin;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.sql.Types;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/** Accounts and remember-me tokens in the database that the nodes share; the row holds the token itself, and every look asks the database. */
final class Tokens {
    private final SecureRandom random = new SecureRandom();
    private final Shape shape;

    Tokens(Shape shape) throws ClassNotFoundException {
        this.shape = shape;
        // the driver lies beside this class, where the DriverManager of the container does not look by itself
        Class.forName(shape.of("database.driver"));
    }

    /** Whether the password is the account's. */
    boolean isAccount(String user, String password) throws SQLException {
        return !first("SELECT login FROM stand_in_account WHERE login = ? AND password = ?", user, password).isEmpty();
    }

    /** A new token of the user, as the value of the cookie. */
    String make(String user) throws SQLException {
        Map<String, Object> words = new HashMap<>();
        words.put("id", 10_000L + random.nextInt(Integer.MAX_VALUE));
        words.put("token", HexFormat.of().formatHex(bytes(20)));
        words.put("login", user);
        words.put("now", new Timestamp(System.currentTimeMillis()));
        words.put("now_ms", System.currentTimeMillis());
        words.put("zero", 0);
        words.put("no", false);
        insert(words);
        return encoded(words);
    }

    /** The user of the cookie, "" when its token is dead. */
    String userOf(String value) throws SQLException {
        String[] texts = URLDecoder.decode(value, StandardCharsets.UTF_8).split(":");
        String[] parts = shape.of("cookie.parts").split(",");
        if (texts.length != parts.length) {
            return "";
        }
        Map<String, String> found = new HashMap<>();
        for (int place = 0; place < parts.length; place++) {
            found.put(parts[place], texts[place]);
        }
        return found.get("id").matches("\\d{1,18}") ? first(shape.of("sql.find"), Long.valueOf(found.get("id")), found.get("token")) : "";
    }

    /** The cookie's value: the words that the product writes into it, joined by colons. */
    private String encoded(Map<String, Object> words) {
        List<String> texts = new ArrayList<>();
        for (String part : shape.of("cookie.parts").split(",")) {
            texts.add(String.valueOf(words.get(part)));
        }
        return URLEncoder.encode(String.join(":", texts), StandardCharsets.UTF_8);
    }

    private void insert(Map<String, Object> words) throws SQLException {
        try (Connection connection = connect(); PreparedStatement statement = connection.prepareStatement(shape.of("sql.insert"))) {
            words.put("owner", owner(connection, words.get("login")));
            int place = 0;
            for (String word : shape.of("sql.insert.words").split(",")) {
                Object value = words.get(word);
                if (value == null) {
                    statement.setNull(++place, Types.VARCHAR);
                } else {
                    statement.setObject(++place, value);
                }
            }
            statement.executeUpdate();
        }
    }

    /** What the token table calls the user: the login name, or the key of a table of users. */
    private Object owner(Connection connection, Object login) throws SQLException {
        if (shape.of("sql.owner").isEmpty()) {
            return login;
        }
        try (PreparedStatement statement = connection.prepareStatement(shape.of("sql.owner"))) {
            statement.setObject(1, login);
            ResultSet rows = statement.executeQuery();
            rows.next();
            return rows.getObject(1);
        }
    }

    private String first(String query, Object... values) throws SQLException {
        try (Connection connection = connect(); PreparedStatement statement = connection.prepareStatement(query)) {
            for (int place = 0; place < values.length; place++) {
                statement.setObject(place + 1, values[place]);
            }
            ResultSet rows = statement.executeQuery();
            return rows.next() ? rows.getString(1) : "";
        }
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(shape.of("database.url"), shape.of("database.user"), shape.of("database.password"));
    }

    private byte[] bytes(int number) {
        byte[] made = new byte[number];
        random.nextBytes(made);
        return made;
    }
}
