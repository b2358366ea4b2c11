"""Requests, one class for each kind of export. Made by generate.py from schemas/generated; do not edit."""
from __future__ import annotations

import datetime
from enum import Enum
from typing import Annotated, ClassVar, List, Optional

from pydantic import BaseModel, ConfigDict, Field


class Model(BaseModel):
    """What is sent: unknown fields are refused before anything is sent."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Request(Model):
    """What every request has."""

    KIND: ClassVar[str] = ""
    requested_by: Optional[Annotated[str, Field(max_length=200)]] = Field(
        default=None, description="Who asks: a user or a service, for people to read."
    )
    idempotency_key: Optional[Annotated[str, Field(min_length=1, max_length=200)]] = Field(
        default=None, description="The same key answers the same job."
    )


class Class(str, Enum):
    """What the platform's model says a box shows."""

    BUCK = "buck"
    """Male."""
    DOE = "doe"
    """Female."""
    FAWN = "fawn"
    """Young of the year."""
    UNKNOWN = "unknown"
    """A deer whose class was not told."""


class ComparedPeriod(Model):
    """An earlier period."""

    start_date: datetime.date = Field(
        description="First local day, included: the day and month of the report's `start_date`, in an earlier year."
    )
    end_date: datetime.date = Field(
        description="Last local day, included: the day and month of the report's `end_date`."
    )
    label: Optional[Annotated[str, Field(min_length=1, max_length=40)]] = Field(
        default=None, description="Its name in the report; usually its year."
    )


class GapSince(str, Enum):
    """The record from which the gap between visits runs."""

    LAST_RECORD = "last_record"
    """The last record of the visit: an animal that stays is one visit."""
    LAST_INDEPENDENT_RECORD = "last_independent_record"
    """The first record of the visit: an animal that stays is a visit every so many minutes."""


class GroupBy(str, Enum):
    """How the report is divided."""

    DAY = "day"
    """Local calendar days."""
    WEEK = "week"
    """ISO 8601 weeks, Monday to Sunday."""
    MONTH = "month"
    """Calendar months."""


class Paper(str, Enum):
    """Size of the pages."""

    A4 = "a4"
    """210 by 297 mm."""
    LETTER = "letter"
    """8.5 by 11 inches."""


class ReportType(str, Enum):
    """Which report to print."""

    SEASONAL_ACTIVITY = "seasonal_activity"
    """Activity by period, class, place and hour of one season."""
    COMPARISON = "comparison"
    """One season against the same calendar days of earlier years, by rates."""


class Units(str, Enum):
    """Units of length."""

    METRIC = "metric"
    """Metres and kilometres."""
    US = "us"
    """Yards and miles."""


class PdfRequest(Request):
    """Parameters of a PDF report."""

    KIND: ClassVar[str] = "pdf"
    start_date: datetime.date = Field(
        description="First local day, included."
    )
    end_date: datetime.date = Field(
        description="Last local day, included. After `start_date`, at most 365 days later, not in the future."
    )
    group_by: GroupBy = Field(
        description="One row and one bar for each day, ISO week or month."
    )
    title: Optional[Annotated[str, Field(max_length=200)]] = Field(
        default=None, description="Printed on top of the report; without it the report names its type and period."
    )
    report_type: ReportType = Field(
        default=ReportType.SEASONAL_ACTIVITY, description="Which report."
    )
    classifications: Annotated[List[Class], Field(min_length=1, max_length=4)] = Field(
        default_factory=lambda: [Class.BUCK, Class.DOE, Class.FAWN, Class.UNKNOWN], description="Count only these classes."
    )
    include_charts: bool = Field(
        default=True, description="Draw the charts."
    )
    include_tables: bool = Field(
        default=True, description="Print the tables."
    )
    include_insights: bool = Field(
        default=True, description="Print the paragraph of main findings."
    )
    include_individuals: bool = Field(
        default=True, description="Print a card for each known buck."
    )
    include_photos: bool = Field(
        default=True, description="Put a photograph on each card."
    )
    include_map: bool = Field(
        default=True, description="Draw the map of places."
    )
    exact_coordinates: bool = Field(
        default=False, description="Coordinates as they are on the map, instead of rounded to 0.01 degrees (about a kilometre)."
    )
    paper: Paper = Field(
        default=Paper.A4, description="Size of the pages."
    )
    units: Units = Field(
        default=Units.METRIC, description="Units of length."
    )
    visit_gap_minutes: Annotated[int, Field(ge=1, le=1440)] = Field(
        default=30, description="Minutes after which a record begins a new visit."
    )
    visit_gap_since: GapSince = Field(
        default=GapSince.LAST_INDEPENDENT_RECORD, description="From which record those minutes run."
    )
    rut_start: Optional[datetime.date] = Field(
        default=None, description="First local day of the peak of the rut; with `rut_end`. Without both, the usual days of the species."
    )
    rut_end: Optional[datetime.date] = Field(
        default=None, description="Last local day of the peak of the rut, included; at most 120 days after `rut_start`."
    )
    label: Optional[Annotated[str, Field(min_length=1, max_length=40)]] = Field(
        default=None, description="The name of this period in a comparison; usually its year."
    )
    compare_with: Optional[Annotated[List[ComparedPeriod], Field(min_length=1, max_length=4)]] = Field(
        default=None, description="The earlier periods of a comparison. Without them it is made with the year before."
    )


class ZipRequest(Request):
    """Parameters of an archive of crops: either `detection_ids`, or `start_date` and `end_date`; the other lists
    narrow the choice."""

    KIND: ClassVar[str] = "zip"
    detection_ids: Optional[Annotated[List[Annotated[str, Field(min_length=1, max_length=100)]], Field(min_length=1, max_length=10000)]] = Field(
        default=None, description="Exactly these detections, also rejected ones and duplicates. What is not there is told in `problems.csv`."
    )
    start_date: Optional[datetime.date] = Field(
        default=None, description="First local day, included."
    )
    end_date: Optional[datetime.date] = Field(
        default=None, description="Last local day, included; at most 365 days after the first, not in the future."
    )
    classifications: Annotated[List[Class], Field(min_length=1, max_length=4)] = Field(
        default_factory=lambda: [Class.BUCK, Class.DOE, Class.FAWN, Class.UNKNOWN], description="Only these classes."
    )
    place_ids: Optional[Annotated[List[Annotated[str, Field(min_length=1, max_length=100)]], Field(min_length=1, max_length=1000)]] = Field(
        default=None, description="Only these places."
    )
    deer_ids: Optional[Annotated[List[Annotated[str, Field(min_length=1, max_length=100)]], Field(min_length=1, max_length=1000)]] = Field(
        default=None, description="Only these known deer."
    )
    crop_size: Annotated[int, Field(ge=128, le=1024)] = Field(
        default=512, description="Pixels of the longest side of each crop."
    )


class Format(str, Enum):
    """The format of the file."""

    CSV = "csv"
    """One table, RFC 4180, UTF-8."""
    XLSX = "xlsx"
    """A workbook with a sheet for each topic."""
    GEOJSON = "geojson"
    """A point for each place, RFC 7946."""


class Topic(str, Enum):
    """What the rows are."""

    DETECTIONS = "detections"
    """Each detection."""
    VISITS = "visits"
    """Independent events of each class at each place."""
    EFFORT = "effort"
    """When which camera stood."""
    INDIVIDUALS = "individuals"
    """Each known deer."""


class TableRequest(Request):
    """Parameters of a table."""

    KIND: ClassVar[str] = "table"
    format: Format = Field(
        description="Of the file."
    )
    topic: Optional[Topic] = Field(
        default=None, description="What the rows are. Without it: detections as CSV, every topic as a sheet of XLSX, all counts as GeoJSON."
    )
    start_date: datetime.date = Field(
        description="First local day, included."
    )
    end_date: datetime.date = Field(
        description="Last local day, included; at most ten years after the first, not in the future."
    )
    classifications: Annotated[List[Class], Field(min_length=1, max_length=4)] = Field(
        default_factory=lambda: [Class.BUCK, Class.DOE, Class.FAWN, Class.UNKNOWN], description="Only these classes; effort is that of all."
    )
    place_ids: Optional[Annotated[List[Annotated[str, Field(min_length=1, max_length=100)]], Field(min_length=1, max_length=1000)]] = Field(
        default=None, description="Only these places."
    )
    deer_ids: Optional[Annotated[List[Annotated[str, Field(min_length=1, max_length=100)]], Field(min_length=1, max_length=1000)]] = Field(
        default=None, description="Only these known deer; effort is that of all."
    )
    visit_gap_minutes: Annotated[int, Field(ge=1, le=1440)] = Field(
        default=30, description="Minutes after which a record begins a new visit."
    )
    visit_gap_since: GapSince = Field(
        default=GapSince.LAST_INDEPENDENT_RECORD, description="From which record those minutes run."
    )
    exact_coordinates: bool = Field(
        default=False, description="Coordinates as they are, instead of rounded to 0.01 degrees (about a kilometre)."
    )


class SamplingDesign(str, Enum):
    """How camera places were chosen (Camtrap DP, `project.samplingDesign`)."""

    SIMPLE_RANDOM = "simple_random"
    """At random."""
    SYSTEMATIC_RANDOM = "systematic_random"
    """At random, in a regular pattern."""
    CLUSTERED_RANDOM = "clustered_random"
    """At random, in clusters."""
    EXPERIMENTAL = "experimental"
    """To study an effect."""
    TARGETED = "targeted"
    """Where the species is expected."""
    OPPORTUNISTIC = "opportunistic"
    """Where it was possible."""


class CamtrapDpRequest(Request):
    """Parameters of a Camtrap DP package."""

    KIND: ClassVar[str] = "camtrap-dp"
    start_date: Optional[datetime.date] = Field(
        default=None, description="First local day, included; without it and the last, everything there is."
    )
    end_date: Optional[datetime.date] = Field(
        default=None, description="Last local day, included; not in the future."
    )
    classifications: Annotated[List[Class], Field(min_length=1, max_length=4)] = Field(
        default_factory=lambda: [Class.BUCK, Class.DOE, Class.FAWN, Class.UNKNOWN], description="Only observations of these classes; media are those of all."
    )
    place_ids: Optional[Annotated[List[Annotated[str, Field(min_length=1, max_length=100)]], Field(min_length=1, max_length=1000)]] = Field(
        default=None, description="Only these places."
    )
    title: Optional[Annotated[str, Field(max_length=200)]] = Field(
        default=None, description="Of the package; without it, the name of the data set."
    )
    contributor: Optional[Annotated[str, Field(max_length=200)]] = Field(
        default=None, description="The person or organization to ask about the data; without it, who asked for the export."
    )
    scientific_name: Annotated[str, Field(min_length=1, max_length=200)] = Field(
        default='Cervidae', description="Of the species, for observations that do not tell it themselves."
    )
    sampling_design: SamplingDesign = Field(
        default=SamplingDesign.OPPORTUNISTIC, description="How the camera places were chosen."
    )
    exact_coordinates: bool = Field(
        default=False, description="Coordinates as they are, instead of rounded to 0.01 degrees with their uncertainty told."
    )
    occasion_days: Annotated[int, Field(ge=1, le=90)] = Field(
        default=7, description="Days of one occasion of the detection history."
    )


class ReidRequest(Request):
    """Parameters of a similarity analysis. Without dates it takes every embedded detection."""

    KIND: ClassVar[str] = "reid"
    thresholds: Annotated[List[Annotated[float, Field(ge=-1.0, le=1.0)]], Field(min_length=1, max_length=20)] = Field(
        default_factory=lambda: [0.7, 0.65, 0.6, 0.55], description="Thresholds to look at, each a cosine similarity."
    )
    current_threshold: Annotated[float, Field(ge=-1.0, le=1.0)] = Field(
        default=0.7, description="The threshold in use today."
    )
    classifications: Annotated[List[Class], Field(min_length=1, max_length=4)] = Field(
        default_factory=lambda: [Class.BUCK, Class.DOE, Class.FAWN, Class.UNKNOWN], description="Only detections of these classes."
    )
    same_sex: bool = Field(
        default=False, description="Compare bucks with bucks, does with does, fawns with fawns; the unknown with all."
    )
    sample_size: Annotated[int, Field(ge=0, le=1000)] = Field(
        default=0, description="How many assignments to draw for a person to look at; 0 draws none, 200 are enough for four thresholds."
    )
    seed: Annotated[int, Field(ge=0)] = Field(
        default=0, description="For every random choice: the same seed draws the same sample."
    )
    target: Annotated[float, Field(ge=0.001, le=0.5)] = Field(
        default=0.05, description="The bearable part of wrong assignments, 0.05 for 5 %."
    )
    start_date: Optional[datetime.date] = Field(
        default=None, description="First local day, included."
    )
    end_date: Optional[datetime.date] = Field(
        default=None, description="Last local day, included; not in the future."
    )


REQUESTS: dict[str, type[Request]] = {
    "pdf": PdfRequest,
    "zip": ZipRequest,
    "table": TableRequest,
    "camtrap-dp": CamtrapDpRequest,
    "reid": ReidRequest,
}
