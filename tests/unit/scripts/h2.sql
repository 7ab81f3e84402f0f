-- Deletes the remember-me tokens of Bitbucket, for run CHG-4711.
-- Where: h2 /var/bitbucket/shared/data/db, as the settings of the nodes name it
-- Who:   an account that may read and delete in sta_remember_me_token, and make a table beside it
-- When:  all nodes of the product are down now and wait for this
-- How:   statement by statement, or as a whole. Each may be read before it is carried out: at the first error ROLLBACK and stop.
--        Nothing is deleted that is not in the copy. To run it once more, rename the copy of the first time.
-- The engine is H2. Without the right to make a table: save the rows by its export, delete them all:
--        SCRIPT TO '<file>' TABLE sta_remember_me_token
-- Then:  tell whoever started run CHG-4711, which goes on when the tokens are deleted.
-- Back:  INSERT INTO sta_remember_me_token SELECT * FROM sta_remember_me_token_chg_4711 makes the old logins work again.
--        When nobody will want to go back: DROP TABLE sta_remember_me_token_chg_4711

-- 1. Look: the table is to be spelt and placed as below, else spell it so everywhere
SELECT table_schema, table_name FROM information_schema.tables WHERE LOWER(table_name) = 'sta_remember_me_token';
SELECT COUNT(*) FROM sta_remember_me_token;

-- 2. Copy into sta_remember_me_token_chg_4711. It holds live logins: nobody else may read it
SET AUTOCOMMIT FALSE;
CREATE TABLE sta_remember_me_token_chg_4711 AS SELECT * FROM sta_remember_me_token;
SELECT COUNT(*) FROM sta_remember_me_token_chg_4711;

-- 3. Delete what was copied
DELETE FROM sta_remember_me_token WHERE id IN (SELECT id FROM sta_remember_me_token_chg_4711);

-- 4. Count: 0 is expected, else ROLLBACK and run it again
SELECT COUNT(*) FROM sta_remember_me_token;

-- 5. Commit
COMMIT;
