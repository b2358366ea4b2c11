select s.name as name
from dataset s
order by s.name
