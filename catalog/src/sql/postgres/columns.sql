select
    wanted.name as table_name,
    a.attname::text as column_name,
    a.atttypid::regtype::text as type_name
from unnest($1::text[]) as wanted (name)
join pg_attribute a on a.attrelid = to_regclass(wanted.name)
where a.attnum > 0
    and not a.attisdropped
    and has_column_privilege(a.attrelid, a.attnum, 'select')
