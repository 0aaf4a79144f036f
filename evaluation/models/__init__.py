from evaluation.models.evaluations import Evaluation
from evaluation.models.gates import Gate, GateCriterion, GateVersion, Verdict
from evaluation.models.judged import JudgedEvaluation, JudgedOutput
from evaluation.models.sets import EvaluationSet, Example, SetVersion
from evaluation.models.versions import ModelVersion, Prediction, PredictionUpload

__all__ = [
    "Evaluation",
    "EvaluationSet",
    "Example",
    "Gate",
    "GateCriterion",
    "GateVersion",
    "JudgedEvaluation",
    "JudgedOutput",
    "ModelVersion",
    "Prediction",
    "PredictionUpload",
    "SetVersion",
    "Verdict",
]
