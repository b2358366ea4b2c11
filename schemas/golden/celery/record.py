"""Messages as a release of Celery lays them into a Redis list: record.py SOCKET > VERSION.json, with that release and
redis-py installed and an empty redis-server at the socket. Each line of the output holds one message, as the list does."""
import datetime
import json
import sys

import celery
import redis

TASK = "worker.tasks.exports.generate_pdf_report_task"
ARGS = ["2025-11-01", "2025-12-31", "week"]
DAY = datetime.datetime(2100, 1, 1, tzinfo=datetime.timezone.utc)

app = celery.Celery(broker="redis+socket://" + sys.argv[1])
server = redis.Redis(unix_socket_path=sys.argv[1])
callback = celery.signature("mail.send", args=[1])
CALLS = {
    "args": dict(args=ARGS),
    "kwargs": dict(kwargs=dict(zip(("start_date", "end_date", "group_by"), ARGS), title="Rut é")),
    "both": dict(args=ARGS[:2], kwargs={"group_by": "day"}),
    "priority": dict(args=ARGS, priority=6),
    "expires": dict(args=ARGS, expires=DAY),
    "eta": dict(args=ARGS, eta=DAY),
    "link": dict(args=ARGS, link=callback),
    "link_error": dict(args=ARGS, link_error=callback),
    "chain": dict(args=ARGS, chain=[callback]),
    "chord": dict(args=ARGS, chord=callback),
    "group": dict(args=ARGS, group_id="g-1"),
    "gzip": dict(args=ARGS, compression="gzip"),
    "pickle": dict(args=ARGS, serializer="pickle"),
    "too_many": dict(args=ARGS + ["one", "two"]),
    "rule": dict(args=[ARGS[1], ARGS[0], "week"]),
    "other": dict(name="worker.tasks.mail.send", args=["a"]),
}
out = []
for number, (what, call) in enumerate(CALLS.items()):
    call = {"name": TASK, **call}
    app.send_task(queue="exports", task_id="0f8fad5b-d9cb-469f-a165-%012d" % number, **call)
    lists = sorted(server.scan_iter("exports*"))
    assert len(lists) == 1, lists
    (message,) = server.lrange(lists[0], 0, -1)
    server.delete(lists[0])
    out.append({"what": what, "list": lists[0].decode(), "message": message.decode()})
print("[\n" + ",\n".join(json.dumps(one) for one in out) + "\n]")
