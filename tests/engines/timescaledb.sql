CREATE SCHEMA timescaledb_information;

CREATE TABLE timescaledb_information.hypertables (
    hypertable_schema name,
    hypertable_name name,
    compression_enabled boolean
);

-- check_chunk_alter_table_operation_allowed() and
-- check_alter_table_allowed_on_ht_with_compression() in its source
CREATE FUNCTION timescaledb_information.refuse() RETURNS event_trigger
LANGUAGE plpgsql AS $$
DECLARE
    altered oid;
    columnstore boolean;
BEGIN
    FOR altered IN SELECT objid FROM pg_event_trigger_ddl_commands() LOOP
        PERFORM FROM pg_inherits i
        JOIN pg_class c ON c.oid = i.inhparent
        JOIN timescaledb_information.hypertables h
          ON h.hypertable_name = c.relname
        WHERE i.inhrelid = altered;
        IF FOUND THEN
            RAISE feature_not_supported
                USING MESSAGE = 'operation not supported on chunk tables';
        END IF;
        SELECT h.compression_enabled INTO columnstore
        FROM timescaledb_information.hypertables h
        JOIN pg_class c ON c.relname = h.hypertable_name
        WHERE c.oid = altered;
        IF columnstore AND current_query() LIKE '%VALIDATE CONSTRAINT%' THEN
            RAISE feature_not_supported
                USING MESSAGE = 'operation not supported on hypertables that'
                    ' have columnstore enabled';
        END IF;
    END LOOP;
END
$$;

CREATE EVENT TRIGGER timescaledb_refuses ON ddl_command_end
WHEN TAG IN ('ALTER TABLE')
EXECUTE FUNCTION timescaledb_information.refuse();
