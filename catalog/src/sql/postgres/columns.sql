-- Of one table or view, by its quoted name; only what may be read.
select
    a.attname::text as column_name,
    a.atttypid::regtype::text as type_name
from pg_attribute a
where a.attrelid = to_regclass($1)
    and a.attnum > 0
    and not a.attisdropped
    and has_column_privilege(a.attrelid, a.attnum, 'select')
order by a.attnum
