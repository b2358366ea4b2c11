"""Twin of sunrise and sunset: the equations of the NOAA solar calculator (gml.noaa.gov/grad/solcalc, after Meeus,
Astronomical Algorithms), another algorithm than the one used here. Prints sun.json, times in UTC. Plain Python 3.

    python sun.py > sun.json
"""

import json
from datetime import datetime, timedelta, timezone
from math import acos, asin, cos, degrees, radians, sin, tan


def sun(moment):
    """Declination in degrees and equation of time in minutes."""
    century = (moment.timestamp() / 86400 + 2440587.5 - 2451545) / 36525
    longitude = (280.46646 + century * (36000.76983 + century * 0.0003032)) % 360
    anomaly = radians(357.52911 + century * (35999.05029 - 0.0001537 * century))
    eccentricity = 0.016708634 - century * (0.000042037 + 0.0000001267 * century)
    center = (
        sin(anomaly) * (1.914602 - century * (0.004817 + 0.000014 * century))
        + sin(2 * anomaly) * (0.019993 - 0.000101 * century)
        + sin(3 * anomaly) * 0.000289
    )
    omega = radians(125.04 - 1934.136 * century)
    apparent = radians(longitude + center - 0.00569 - 0.00478 * sin(omega))
    mean_obliquity = 23 + (26 + (21.448 - century * (46.815 + century * (0.00059 - century * 0.001813))) / 60) / 60
    obliquity = radians(mean_obliquity + 0.00256 * cos(omega))
    y = tan(obliquity / 2) ** 2
    l = radians(longitude)
    equation = 4 * degrees(
        y * sin(2 * l)
        - 2 * eccentricity * sin(anomaly)
        + 4 * eccentricity * y * sin(anomaly) * cos(2 * l)
        - 0.5 * y * y * sin(4 * l)
        - 1.25 * eccentricity**2 * sin(2 * anomaly)
    )
    return degrees(asin(sin(obliquity) * sin(apparent))), equation


def event(midnight, latitude, longitude, zenith, sign):
    """The rise (sign 1) or set (-1) nearest to the local noon of the UTC midnight's date."""
    moment = midnight + timedelta(hours=12 - longitude / 15)
    noon = moment
    for _ in range(6):
        declination, equation = sun(moment)
        cosine = cos(radians(zenith)) / (cos(radians(latitude)) * cos(radians(declination))) - tan(
            radians(latitude)
        ) * tan(radians(declination))
        minutes = -equation - sign * 4 * degrees(acos(cosine))
        moment = noon + timedelta(minutes=minutes)
    return moment


places = [
    ["America/Chicago", 30.51, -98.42],
    ["America/New_York", 44.56, -69.66],
    ["Europe/Brussels", 50.829, 4.636],
    ["Europe/Oslo", 59.91, 10.75],
    ["Australia/Hobart", -42.88, 147.33],
]
out = []
for zone, latitude, longitude in places:
    for date in ("2019-06-21", "2021-03-28", "2024-02-29", "2024-11-05", "2025-12-21"):
        midnight = datetime.fromisoformat(date).replace(tzinfo=timezone.utc)
        times = [event(midnight, latitude, longitude, zenith, sign) for zenith, sign in ((96, 1), (90.833, 1), (90.833, -1), (96, -1))]
        stamps = [round(t.timestamp()) for t in times]
        out.append({"zone": zone, "latitude": latitude, "longitude": longitude, "date": date, "unix_seconds": stamps})
print(json.dumps(out).replace("}, ", "},\n "))
