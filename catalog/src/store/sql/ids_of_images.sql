select id
from images
where dataset_id = $1
