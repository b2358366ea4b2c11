"""The platform's own similarity script, and a herd of its size to run it on. See reid_command.sh."""

import sys

DIM, DETECTIONS, DEER = 512, 11_570, 165


def make(folder):
    """Photographs of 400 animals around their own directions; the first photograph of 165 of them is a profile."""
    import numpy as np

    random = np.random.default_rng(1)
    animals = random.normal(size=(400, DIM))
    whose = np.concatenate([np.arange(DEER), random.integers(0, 400, DETECTIONS)])
    noise = random.uniform(0.4, 2.0, (len(whose), 1))
    rows = animals[whose] + noise * random.normal(size=(len(whose), DIM))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    rows.astype("<f4").tofile(f"{folder}/herd.f32")
    with open(f"{folder}/labels.csv", "w") as labels:
        labels.write("row,individual\n")
        labels.writelines(f"{row},animal-{animal}\n" for row, animal in enumerate(whose))
    with open(f"{folder}/gallery", "w") as gallery:
        gallery.write(",".join(map(str, range(DEER))))


def script(database, picture):
    """As the platform does it: everything into data frames, the whole matrix, seaborn."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import numpy as np
    import pandas as pd
    import psycopg
    import seaborn as sns
    from sklearn.metrics.pairwise import cosine_similarity

    with psycopg.connect(database) as connection:
        read = lambda sql: pd.DataFrame(connection.execute(sql, binary=True).fetchall())
        detections = read("select id, deer_id, feature_vector, classification from detections")
        deer = read("select id, feature_vector from deer")
    vectors = lambda column: np.array([np.frombuffer(row, "<f4") for row in column])
    similarities = cosine_similarity(vectors(detections[2]), vectors(deer[1]))
    best = similarities.max(axis=1)
    print(pd.Series(best).describe(), f"assigned {detections[1].notna().mean():.1%}")
    plt.figure(figsize=(12, 6))
    sns.histplot(best, bins=50, kde=True, color="steelblue")
    plt.axvline(0.70, color="red", linestyle="--", linewidth=2, label="Current Threshold (0.70)")
    plt.xlabel("Maximum Cosine Similarity Score")
    plt.ylabel("Frequency")
    plt.title(f"Re-ID Similarity Score Distribution ({len(detections)} Detections)")
    plt.legend()
    plt.grid(alpha=0.3)
    plt.savefig(picture, dpi=150, bbox_inches="tight")


{"make": make, "script": script}[sys.argv[1]](*sys.argv[2:])
