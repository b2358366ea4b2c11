select id
from deployments
where dataset_id = $1
