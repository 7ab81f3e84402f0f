-- Deletes the remember-me tokens of Jira, for run CHG-4711.
-- Where: postgresql db.example.org:5432/jira, account jira, as the settings of the nodes name it
-- Who:   an account that may read and delete in public.remembermetoken, and make a table beside it
-- When:  now; the product keeps running, and a sign-in may wait for some seconds
-- How:   statement by statement, or as a whole. Each may be read before it is carried out: at the first error ROLLBACK and stop.
--        Nothing is deleted that is not in the copy. To run it once more, rename the copy of the first time.
-- The engine is PostgreSQL. Without the right to make a table: save the rows by its export, delete them all:
--        pg_dump --data-only --table=remembermetoken <database>
-- Then:  tell whoever started run CHG-4711, which goes on when the tokens are deleted.
-- Back:  INSERT INTO public.remembermetoken SELECT * FROM public.remembermetoken_chg_4711 makes the old logins work again.
--        When nobody will want to go back: DROP TABLE public.remembermetoken_chg_4711

-- 1. Look: the table is to be spelt and placed as below, else spell it so everywhere
SELECT table_schema, table_name FROM information_schema.tables WHERE LOWER(table_name) = 'remembermetoken';
SELECT COUNT(*) FROM public.remembermetoken;

-- 2. Copy into public.remembermetoken_chg_4711. It holds live logins: nobody else may read it
BEGIN;
SET LOCAL row_security = off;
SET LOCAL lock_timeout = '10s';
LOCK TABLE public.remembermetoken IN SHARE ROW EXCLUSIVE MODE;
CREATE TABLE public.remembermetoken_chg_4711 AS SELECT * FROM public.remembermetoken;
SELECT COUNT(*) FROM public.remembermetoken_chg_4711;

-- 3. Delete what was copied
DELETE FROM public.remembermetoken WHERE id IN (SELECT id FROM public.remembermetoken_chg_4711);

-- 4. Count: 0 is expected, else ROLLBACK and run it again
SELECT COUNT(*) FROM public.remembermetoken;

-- 5. Commit
COMMIT;
