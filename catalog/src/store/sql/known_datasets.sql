select id, name, id_prefix, fingerprint
from dataset
order by id
