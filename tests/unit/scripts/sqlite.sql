-- Deletes the remember-me tokens of Jira, for run CHG-4711.
-- Where: sqlite /srv/jira.db, as the settings of the nodes name it
-- Who:   an account that may read and delete in remembermetoken, and make a table beside it
-- When:  now; the product keeps running, and a sign-in may wait for some seconds
-- How:   statement by statement, or as a whole. Each may be read before it is carried out: at the first error ROLLBACK and stop.
--        Nothing is deleted that is not in the copy. To run it once more, rename the copy of the first time.
-- The engine is SQLite. Without the right to make a table: save the rows by its export, delete them all:
--        sqlite3 <file> '.dump remembermetoken'
-- Then:  tell whoever started run CHG-4711, which goes on when the tokens are deleted.
-- Back:  INSERT INTO remembermetoken SELECT * FROM remembermetoken_chg_4711 makes the old logins work again.
--        When nobody will want to go back: DROP TABLE remembermetoken_chg_4711

-- 1. Look: the table is to be spelt and placed as below, else spell it so everywhere
SELECT name FROM sqlite_master WHERE type = 'table' AND LOWER(name) = 'remembermetoken';
SELECT COUNT(*) FROM remembermetoken;

-- 2. Copy into remembermetoken_chg_4711. It holds live logins: nobody else may read it
BEGIN IMMEDIATE;
CREATE TABLE remembermetoken_chg_4711 AS SELECT * FROM remembermetoken;
SELECT COUNT(*) FROM remembermetoken_chg_4711;

-- 3. Delete what was copied
DELETE FROM remembermetoken WHERE id IN (SELECT id FROM remembermetoken_chg_4711);

-- 4. Count: 0 is expected, else ROLLBACK and run it again
SELECT COUNT(*) FROM remembermetoken;

-- 5. Commit
COMMIT;
