"""A service in front of Deertrack Exports: the platform's old paths, a season's report, what has ended.

DEERTRACK_URL=http://127.0.0.1:8080 uvicorn fastapi_app:app"""
import datetime
import os
from contextlib import asynccontextmanager
from typing import Any, AsyncIterator

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse

from deertrack import Answered, AsyncExports, Event, GroupBy, JobFailed, PdfRequest
from deertrack.fastapi import answer, router

exports = AsyncExports(os.environ.get("DEERTRACK_URL", "http://127.0.0.1:8080"), os.environ.get("DEERTRACK_KEY"))


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    async with exports:
        yield


app = FastAPI(title="Reports", lifespan=lifespan)
app.include_router(router(exports))  # POST /exports/pdf, GET /exports/pdf/{job_id}


@app.exception_handler(Answered)
async def refused(_: Request, error: Answered) -> JSONResponse:
    """Refusals of the gateway in its own words, wherever they come up."""
    return answer(error)


@app.get("/seasons/{year}")
async def season(year: int) -> dict[str, Any]:
    """The autumn of a year: asks for its report once, however often it is called, and waits for it."""
    first, last = datetime.date(year, 11, 1), datetime.date(year, 12, 31)
    request = PdfRequest(start_date=first, end_date=last, group_by=GroupBy.WEEK)
    job = await exports.submit(request, idempotency_key=f"season-{year}")
    try:
        record = await job.wait(timeout=60)
    except JobFailed as failed:
        return {"job_id": job.id, "failed": failed.error}
    return {"job_id": job.id, "headline": record.headline, "file": record.download_url}


@app.get("/finished")
async def finished(after: str, count: int = 10) -> StreamingResponse:
    """The next completions behind an event, a line each."""
    async def lines() -> AsyncIterator[str]:
        left = count
        async with exports.events(after=after) as events:
            async for event in events:
                if isinstance(event, Event):
                    yield f"{event.id} {event.record.job_id} {event.record.state}\n"
                    left -= 1
                if left == 0:
                    return

    return StreamingResponse(lines(), media_type="text/plain")
