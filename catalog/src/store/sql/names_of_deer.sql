select name
from deer
where dataset_id is distinct from $1
