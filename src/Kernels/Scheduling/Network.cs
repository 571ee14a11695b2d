using Convoke.Kernels.Graphs;
using Convoke.Kernels.Models;

namespace Convoke.Kernels.Scheduling;

/// <summary>All that an emitter needs of a compiled model: two schedules, and where the parameters lie.</summary>
/// <param name="Spec">The model.</param>
/// <param name="Predict">Schedule of prediction and evaluation.</param>
/// <param name="PredictGraph">Its graph.</param>
/// <param name="PredictParameters">Parameters by the ids of that graph.</param>
/// <param name="Train">Schedule of a training step; null for a model that only predicts.</param>
/// <param name="TrainGraph">Its graph.</param>
/// <param name="Parameters">Parameters by the ids of the training graph, or of the prediction graph where there is none.</param>
public sealed record Network(
    ModelSpec Spec,
    Schedule Predict,
    Graph PredictGraph,
    ParameterPlanner PredictParameters,
    Schedule? Train,
    Graph? TrainGraph,
    ParameterPlanner Parameters);
