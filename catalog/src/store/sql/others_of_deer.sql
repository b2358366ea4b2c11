select id
from deer
where dataset_id is distinct from $1
