"""The platform's old paths, in front of a gateway: `POST /exports/pdf` and `GET /exports/pdf/{job_id}`."""
from __future__ import annotations

import json
from typing import Any, Optional

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from .aio import AsyncExports
from .errors import Answered, Refused, of_answer


def answer(error: Answered) -> JSONResponse:
    """The gateway's words, unchanged. What it says of the service's own key is not the caller's to hear."""
    if error.status in (401, 403):
        return JSONResponse({"detail": "The service may not do this"}, 502)
    headers = {} if error.retry_after is None else {"retry-after": str(round(error.retry_after))}
    return JSONResponse(error.body, error.status, headers)


async def body_of(request: Request) -> dict[str, Any]:
    """A JSON object; the gateway says all that is wrong within it."""
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        problem = {"loc": ["body"], "msg": f"not valid JSON: {error}", "type": "value_error.jsondecode"}
        raise of_answer(422, {"detail": [problem]}) from None
    if not isinstance(body, dict):
        problem = {"loc": ["body"], "msg": "value is not a valid dict", "type": "type_error.dict"}
        raise Refused("the body is not an object", status=422, body={"detail": [problem]})
    return body


def router(exports: AsyncExports, kinds: tuple[str, ...] = ("pdf", "zip"), prefix: str = "/exports") -> APIRouter:
    """`app.include_router(router(exports))`. One pair of routes for each kind."""
    routes = APIRouter(prefix=prefix, tags=["exports"])
    for kind in kinds:
        add_kind(routes, exports, kind)
    return routes


def add_kind(routes: APIRouter, exports: AsyncExports, kind: str) -> None:
    """Submit and status of one kind."""

    async def create(request: Request) -> JSONResponse:
        key: Optional[str] = request.headers.get("idempotency-key")
        try:
            job = await exports.submit(await body_of(request), kind=kind, idempotency_key=key)
        except Answered as error:
            return answer(error)
        if job.record is not None:
            return JSONResponse(job.record.as_json(), 200)
        told = {"job_id": job.id, "status": "processing", "message": job.message}
        return JSONResponse(told, 202, {"location": f"{routes.prefix}/{kind}/{job.id}"})

    async def status(job_id: str) -> JSONResponse:
        try:
            return JSONResponse((await exports.status(job_id)).as_json())
        except Answered as error:
            return answer(error)

    routes.add_api_route(f"/{kind}", create, methods=["POST"], status_code=202, name=f"create_{kind}_export")
    routes.add_api_route(f"/{kind}/{{job_id}}", status, methods=["GET"], name=f"get_{kind}_export_status")
