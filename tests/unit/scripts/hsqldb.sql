-- Deletes the remember-me tokens of Fisheye, for run CHG-4711.
-- Where: hsqldb /var/fisheye/var/data/crudb/crucible, as the settings of the nodes name it
-- Who:   an account that may read and delete in cru_login_cookie, and make a table beside it
-- When:  all nodes of the product are down now and wait for this
-- How:   statement by statement, or as a whole. Each may be read before it is carried out: at the first error ROLLBACK and stop.
--        Nothing is deleted that is not in the copy. To run it once more, rename the copy of the first time.
-- The engine is HSQLDB. Without the right to make a table: save the rows by its export, delete them all:
--        SCRIPT '<file>'
-- Then:  tell whoever started run CHG-4711, which goes on when the tokens are deleted.
-- Back:  INSERT INTO cru_login_cookie SELECT * FROM cru_login_cookie_chg_4711 makes the old logins work again.
--        When nobody will want to go back: DROP TABLE cru_login_cookie_chg_4711

-- 1. Look: the table is to be spelt and placed as below, else spell it so everywhere
SELECT table_schema, table_name FROM information_schema.tables WHERE LOWER(table_name) = 'cru_login_cookie';
SELECT COUNT(*) FROM cru_login_cookie;

-- 2. Copy into cru_login_cookie_chg_4711. It holds live logins: nobody else may read it
SET AUTOCOMMIT FALSE;
CREATE TABLE cru_login_cookie_chg_4711 AS (SELECT * FROM cru_login_cookie) WITH DATA;
SELECT COUNT(*) FROM cru_login_cookie_chg_4711;

-- 3. Delete what was copied
DELETE FROM cru_login_cookie WHERE cru_login_cookie_id IN (SELECT cru_login_cookie_id FROM cru_login_cookie_chg_4711);

-- 4. Count: 0 is expected, else ROLLBACK and run it again
SELECT COUNT(*) FROM cru_login_cookie;

-- 5. Commit
COMMIT;
SHUTDOWN;
