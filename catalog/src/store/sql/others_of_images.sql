select id
from images
where dataset_id is distinct from $1
