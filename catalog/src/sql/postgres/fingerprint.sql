-- One number for the columns of all tables and views: other columns, types or rights, another number.
select coalesce(
    md5(string_agg(
        concat_ws(',', c.oid, c.relkind, c.relname, c.relacl, a.attnum, a.attname, a.atttypid, a.attacl),
        ';' order by c.oid, a.attnum
    )),
    ''
)
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
join pg_attribute a on a.attrelid = c.oid
where c.relkind in ('r', 'v', 'm', 'f', 'p')
    and n.nspname not in ('pg_catalog', 'information_schema')
    and n.nspname not like 'pg\_%'
    and a.attnum > 0
    and not a.attisdropped
