select id
from deployments
where dataset_id is distinct from $1
