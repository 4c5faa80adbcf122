-- Which rows of the views somebody sees who may not see every lead. PostgreSQL holds it, for whatever a report asks: such a
-- page reads in the role baton_viewer (store/viewer.py), which owns nothing, so the policies bind it; the service's own
-- role owns the tables and is bound by none. A table that no rule is for is not shown at all: nothing is granted on it.
-- Applied after the migrations of each `baton migrate`; where it stands already it changes nothing.
DO $rules$
DECLARE
    one record;
    rule text;
BEGIN
    CREATE OR REPLACE VIEW own_lead AS
        SELECT lead FROM place WHERE owner = nullif(current_setting('baton.rep', true), '')
        UNION SELECT lead FROM place
            WHERE pool = ANY (string_to_array(nullif(current_setting('baton.pools', true), ''), ','))
        UNION SELECT lead FROM assignment WHERE rep = nullif(current_setting('baton.rep', true), '')
        UNION SELECT lead FROM standing WHERE partner = nullif(current_setting('baton.partner', true), '');
    IF NOT has_schema_privilege('baton_viewer', current_schema(), 'USAGE') THEN
        EXECUTE format('GRANT USAGE ON SCHEMA %I TO baton_viewer', current_schema());
    END IF;
    IF NOT has_table_privilege('baton_viewer', 'own_lead', 'SELECT') THEN
        GRANT SELECT ON own_lead TO baton_viewer;
    END IF;
    FOR one IN
        SELECT c.oid, c.relname, c.relkind, c.reloptions,
               EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'lead') AS of_lead,
               EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'deal') AS of_deal
        FROM pg_class c
        WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'v') AND c.relname <> 'own_lead'
    LOOP
        IF one.relkind = 'v' THEN  -- a view asks as who looks at it, or it would show what its owner sees
            IF NOT coalesce('security_invoker=true' = ANY (one.reloptions), false) THEN
                EXECUTE format('ALTER VIEW %I SET (security_invoker = true)', one.relname);
                EXECUTE format('GRANT SELECT ON %I TO baton_viewer', one.relname);
            END IF;
            CONTINUE;
        END IF;
        rule := CASE
            WHEN one.of_lead THEN 'lead IN (SELECT lead FROM own_lead)'
            WHEN one.of_deal THEN 'deal IN (SELECT deal FROM contact)'
            WHEN one.relname = 'partner_note'
                THEN 'partner = nullif(current_setting(''baton.partner'', true), '''')'
                     || ' OR nullif(current_setting(''baton.rep'', true), '''') IS NOT NULL'
            WHEN one.relname IN ('commitment', 'spend', 'content', 'company_news', 'rep_state', 'pack', 'pack_reader',
                                 'anomaly')
                THEN 'nullif(current_setting(''baton.rep'', true), '''') IS NOT NULL'
        END;
        CONTINUE WHEN rule IS NULL OR EXISTS (SELECT FROM pg_policy WHERE polrelid = one.oid AND polname = 'own_rows');
        EXECUTE format('GRANT SELECT ON %I TO baton_viewer', one.relname);
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', one.relname);
        EXECUTE format('CREATE POLICY own_rows ON %I FOR SELECT TO baton_viewer USING (%s)', one.relname, rule);
    END LOOP;
    FOR one IN  -- what the teams keep for each other, about no lead: a rep reads it beside what is about the own leads
        SELECT shared.name, shared.rule
        FROM (VALUES ('action_note', 'lead = item'), ('content_note', 'lead IN (asset, request)'),
                     ('assessment', 'lead = question')) AS shared(name, rule)
        JOIN pg_class c ON c.relname = shared.name AND c.relnamespace = current_schema()::regnamespace
        WHERE NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND polname = 'shared_rows')
    LOOP
        EXECUTE format(
            'CREATE POLICY shared_rows ON %I FOR SELECT TO baton_viewer USING (%s AND %s)', one.name, one.rule,
            'nullif(current_setting(''baton.rep'', true), '''') IS NOT NULL');
    END LOOP;
END $rules$
