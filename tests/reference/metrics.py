"""Writes tests/fixtures/metrics.json: random scores with ties and weights, and what scikit-learn says of them.

Needs numpy and scikit-learn: python tests/reference/metrics.py
"""

import json
from pathlib import Path

import numpy
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    average_precision_score,
    balanced_accuracy_score,
    brier_score_loss,
    label_ranking_average_precision_score,
    roc_auc_score,
    roc_curve,
)

BINS = 10


def calibration_error(probabilities, is_kin):
    """The bins' means by scikit-learn, their sizes by a histogram."""
    observed, predicted = calibration_curve(is_kin, probabilities, n_bins=BINS, strategy="uniform")
    sizes, _ = numpy.histogram(probabilities, bins=BINS, range=(0, 1))
    return float(numpy.average(abs(observed - predicted), weights=sizes[sizes > 0]))


def true_accept_rate(scores, is_kin, weights, rate):
    false_accepts, true_accepts, _ = roc_curve(is_kin, scores, sample_weight=weights)
    return float(true_accepts[false_accepts <= rate].max())


def case(random, pairs, decimals):
    is_kin = random.random(pairs) < random.uniform(0.2, 0.8)
    is_kin[:2] = [True, False]
    # Few decimals make many ties.
    scores = numpy.round(numpy.clip(random.normal(0.45 + 0.1 * is_kin, 0.15), 0, 0.999), decimals)
    weights = random.integers(0, 4, pairs).astype(float)
    weights[:2] = 1
    return {
        "scores": scores.tolist(),
        "is_kin": is_kin.tolist(),
        "weights": weights.tolist(),
        "roc_auc": roc_auc_score(is_kin, scores),
        "weighted_roc_auc": roc_auc_score(is_kin, scores, sample_weight=weights),
        "average_precision": average_precision_score(is_kin, scores),
        "weighted_average_precision": average_precision_score(is_kin, scores, sample_weight=weights),
        "true_accept_rate_at_1_percent": true_accept_rate(scores, is_kin, None, 0.01),
        "weighted_true_accept_rate_at_10_percent": true_accept_rate(scores, is_kin, weights, 0.1),
        "accuracy_at_half": balanced_accuracy_score(is_kin, scores >= 0.5),
        "brier_score": brier_score_loss(is_kin, scores),
        "weighted_brier_score": brier_score_loss(is_kin, scores, sample_weight=weights),
        # On the edge of two bins scikit-learn takes the lower one.
        "calibration_error": calibration_error(scores, is_kin) if decimals > 2 else None,
        "ranked_average_precision": label_ranking_average_precision_score([is_kin], [ranked(scores)]),
    }


def ranked(scores):
    """Scores without ties, in the order in which a list of the same pairs would stand."""
    return [-float(place) for place in range(len(scores))]


def main():
    random = numpy.random.default_rng(5)
    cases = [case(random, pairs, decimals) for pairs in (5, 40, 300) for decimals in (1, 2, 12)]
    out = Path(__file__).parent.parent / "fixtures" / "metrics.json"
    out.write_text(json.dumps(cases, indent=None) + "\n")


if __name__ == "__main__":
    main()
