select s.name as name
from {dataset} s
where s.name is not null
order by {bytes s.name}
