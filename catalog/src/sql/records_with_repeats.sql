where i."timestamp" >= $1
    and i."timestamp" < $2
    and d.is_valid is distinct from false
    and d.is_duplicate is distinct from true
order by i."timestamp", {bytes i.id}, {bytes d.id}
