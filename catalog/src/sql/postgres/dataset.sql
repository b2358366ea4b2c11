select s.name::text as name
from {dataset} s
where s.name is not null
order by s.name::text collate "C"
