"""Twin of the visits, counts and ratios of real data (Camtrap DP, roe deer of Leuven). Prints leuven.json: numbers only,
no rows. Needs pandas 3.

    python leuven.py FOLDER/roedeer_leuven_camtrapdp > leuven.json
"""

import json
import sys

import pandas as pd

folder = sys.argv[1]
observations = pd.read_csv(f"{folder}/observations.csv")
deployments = pd.read_csv(f"{folder}/deployments.csv")
deer = observations[
    (observations["scientificName"] == "Capreolus capreolus") & (observations["observationLevel"] == "event")
].merge(deployments[["deploymentID", "locationID"]], on="deploymentID")
deer["at"] = pd.to_datetime(deer["eventStart"])
deer["class"] = deer["sex"].map({"male": "buck", "female": "doe"}).fillna("unknown")


def visits(rows, since, gap=pd.Timedelta(minutes=30)):
    number = animals = 0
    images = rows.groupby(["locationID", "class", "at", "eventID"])["count"].sum().reset_index()
    for _, group in images.groupby(["locationID", "class"]):
        reference = largest = None
        for at, count in group.sort_values("at")[["at", "count"]].itertuples(index=False):
            if reference is None or at - reference >= gap:
                animals += largest or 0
                number, reference, largest = number + 1, at, 0
            elif since == "lastRecord":
                reference = at
            largest = max(largest, int(count))
        animals += largest
    return {"visits": number, "animals": animals}


start, end = (pd.to_datetime(deployments[c]) for c in ("deploymentStart", "deploymentEnd"))
nights = (end - start).dt.total_seconds().groupby(deployments["locationID"]).sum() / 86400
print(
    json.dumps(
        {
            "events_by_place": deer["locationID"].value_counts().sort_index().to_dict(),
            "nights_by_place": nights.sort_index().to_dict(),
            "animals_in_images": deer.groupby("class")["count"].sum().astype(int).to_dict(),
            "visits": {
                since: {kind: visits(deer[deer["class"] == kind], since) for kind in ("buck", "doe", "unknown")}
                for since in ("lastRecord", "lastIndependentRecord")
            },
        },
        indent=1,
    )
)
