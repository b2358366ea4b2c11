select id
from deer
where dataset_id = $1
