SET LOCAL allow_system_table_mods = on;

CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass);

CREATE SCHEMA citus;

-- ErrorIfUnsupportedAlterTableStmt(), ErrorIfUnsupportedRenameStmt() and
-- ErrorOutForTriggerIfNotSupported() in its source
CREATE FUNCTION citus.refuse() RETURNS event_trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF tg_tag = 'CREATE TRIGGER' THEN
        RAISE EXCEPTION 'triggers are not supported on distributed tables';
    ELSIF current_query() LIKE '%RENAME CONSTRAINT%' THEN
        RAISE feature_not_supported
            USING MESSAGE = 'renaming constraints belonging to distributed'
                ' tables is currently unsupported';
    ELSIF current_query() LIKE '%,%ADD CONSTRAINT%' THEN
        RAISE feature_not_supported
            USING MESSAGE = 'cannot execute ADD CONSTRAINT command with'
                ' other subcommands';
    END IF;
END
$$;

CREATE EVENT TRIGGER citus_refuses ON ddl_command_start
WHEN TAG IN ('ALTER TABLE', 'CREATE TRIGGER')
EXECUTE FUNCTION citus.refuse();
