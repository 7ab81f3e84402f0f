-- Deletes the remember-me tokens of Jira, for run CHG-4711.
-- Where: mariadb db.example.org:3306/jiradb, account jira, as the settings of the nodes name it
-- Who:   an account that may read and delete in jiradb.remembermetoken, and make a table beside it
-- When:  now; the product keeps running, and a sign-in may wait for some seconds
-- How:   statement by statement, or as a whole. Each may be read before it is carried out: at the first error ROLLBACK and stop.
--        Nothing is deleted that is not in the copy. To run it once more, rename the copy of the first time.
-- The engine is MariaDB. Without the right to make a table: save the rows by its export, delete them all:
--        mysqldump --single-transaction <database> remembermetoken
-- Then:  tell whoever started run CHG-4711, which goes on when the tokens are deleted.
-- Back:  INSERT INTO jiradb.remembermetoken SELECT * FROM jiradb.remembermetoken_chg_4711 makes the old logins work again.
--        When nobody will want to go back: DROP TABLE jiradb.remembermetoken_chg_4711

-- 1. Look: the table is to be spelt and placed as below, else spell it so everywhere
SELECT table_schema, table_name FROM information_schema.tables WHERE LOWER(table_name) = 'remembermetoken';
SELECT COUNT(*) FROM jiradb.remembermetoken;

-- 2. Copy into jiradb.remembermetoken_chg_4711. It holds live logins: nobody else may read it
CREATE TABLE jiradb.remembermetoken_chg_4711 LIKE jiradb.remembermetoken;
SET SESSION innodb_lock_wait_timeout = 10;
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ;
START TRANSACTION;
SELECT COUNT(*) FROM jiradb.remembermetoken FOR UPDATE;
INSERT INTO jiradb.remembermetoken_chg_4711 SELECT * FROM jiradb.remembermetoken;
SELECT COUNT(*) FROM jiradb.remembermetoken_chg_4711;

-- 3. Delete what was copied
DELETE FROM jiradb.remembermetoken WHERE id IN (SELECT id FROM jiradb.remembermetoken_chg_4711);

-- 4. Count: 0 is expected, else ROLLBACK and run it again
SELECT COUNT(*) FROM jiradb.remembermetoken;

-- 5. Commit
COMMIT;
