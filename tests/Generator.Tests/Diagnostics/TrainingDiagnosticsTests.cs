namespace Convoke.Generator.Tests;

/// <summary>Loss, optimizer and last layer must fit together.</summary>
public class TrainingDiagnosticsTests
{
    [Theory]
    [InlineData("{|CVK0005:Adam|}", "an optimizer but no loss; add one, such as [CategoricalCrossentropy], or leave the optimizer out")]
    [InlineData("{|CVK0005:Sgd(0.1)|}, Accuracy", "an optimizer but no loss; add one, such as [CategoricalCrossentropy], or leave the optimizer out")]
    [InlineData("{|CVK0005:CrossEntropy|}", "a loss but no optimizer; add one, such as [Adam], or leave the loss out")]
    [InlineData("{|CVK0005:Accuracy|}", "[Accuracy] but neither loss nor optimizer; add both, or leave [Accuracy] out")]
    [InlineData("Adam, CrossEntropy, {|CVK0005:Sgd(0.1)|}", "two optimizers; keep one")]
    public Task Incomplete(string training, string message) =>
        Markup.Expect($"using Convoke;\n[Model(8, 8, 1), Flatten, Dense(2), {training}] partial class M;", "M has " + message);

    [Theory]
    [InlineData("Dense(2, Activation = {|CVK0010:Activation.Softmax|}), CrossEntropy",
        "CrossEntropy takes logits but dense yields probabilities; leave its activation out, or use [SparseCategoricalCrossentropy]")]
    [InlineData("Dense(2, Activation = {|CVK0010:Activation.Relu|}), CrossEntropy",
        "CrossEntropy takes logits but dense yields their positive part; leave its activation out")]
    [InlineData("Dense(2), {|CVK0010:CategoricalCrossentropy|}",
        "CategoricalCrossentropy takes probabilities but dense yields logits; give it Activation = Activation.Softmax")]
    [InlineData("Dense(2), {|CVK0010:SparseCategoricalCrossentropy|}",
        "SparseCategoricalCrossentropy takes probabilities but dense yields logits; give it Activation = Activation.Softmax, or use [CrossEntropy]")]
    [InlineData("{|CVK0010:SparseCategoricalCrossentropy|}",
        "SparseCategoricalCrossentropy takes probabilities but flatten yields none; end in a layer with Activation.Softmax, or use [CrossEntropy]")]
    [InlineData("Dense(2, Activation = Activation.LogSoftmax), {|CVK0010:SparseCategoricalCrossentropy|}",
        "SparseCategoricalCrossentropy takes probabilities but log_softmax yields their logarithms; end in a layer with Activation.Softmax, or use [CrossEntropy]")]
    public Task Last_layer_and_loss(string attributes, string message) =>
        Markup.Expect($"using Convoke;\n[Model(8, 8, 1), Flatten, {attributes}, Adam] partial class M;", message);

    /// <summary>Logarithms of probabilities are logits whose softmax they are; classes of pixels are judged as those of images.</summary>
    [Theory]
    [InlineData("Flatten, Dense(2, Activation = Activation.LogSoftmax), CrossEntropy")]
    [InlineData("Conv2D(2, 1), CrossEntropy")]
    [InlineData("Conv2D(2, 3, Activation = Activation.LogSoftmax), CrossEntropy")]
    [InlineData("Conv2D(2, 3, Activation = Activation.Softmax), CategoricalCrossentropy")]
    [InlineData("MaxPool2D(2), Conv2D(2, 1), Upsample(2), CrossEntropy")]
    [InlineData("Conv2D(1, 3), GlobalAveragePool2D, SmoothL1(Beta = 0.5)")]
    [InlineData("Conv2D(1, 3, Activation = Activation.Sigmoid), MeanSquaredError(Weight = 3)")]
    public Task Good_ends(string attributes) => Markup.Expect($"using Convoke;\n[Model(8, 8, 1), {attributes}, Adam] partial class M;");

    [Theory]
    [InlineData("Flatten, Dense(2, Activation = {|CVK0201:Activation.Sigmoid|}), CrossEntropy", "sigmoid is not supported yet: a sigmoid before the loss")]
    [InlineData("Flatten, Dense(2, Activation = {|CVK0201:Activation.Tanh|}), SparseCategoricalCrossentropy", "tanh is not supported yet: a tanh before the loss")]
    [InlineData("Conv2D(2, 3, Activation = {|CVK0201:Activation.LeakyRelu|}), CrossEntropy", "leaky_relu is not supported yet: a leaky ReLU before the loss")]
    [InlineData("Conv2D(3, 3), BatchNorm(Activation = {|CVK0201:Activation.Gelu|}), CrossEntropy", "gelu is not supported yet: a GELU before the loss")]
    [InlineData("Conv2D(3, 3), {|CVK0201:GlobalAveragePool2D|}, CrossEntropy", "global_average_pooling2d is not supported yet: a loss on a flat value that no Dense layer yields")]
    [InlineData("Conv2D({|CVK0106:1|}, 3), CrossEntropy", "conv2d has 1 filter, but CrossEntropy needs at least 2 classes")]
    [InlineData("Conv2D(1, 1), {|CVK0106:Upsample(2)|}, CrossEntropy", "up_sampling2d has 1 channel, but CrossEntropy needs at least 2 classes")]
    [InlineData("{|CVK0201:Upsample(2)|}, CrossEntropy", "up_sampling2d is not supported yet: a loss on what no layer with weights leads to")]
    [InlineData("{|CVK0201:Flatten|}, SmoothL1", "flatten is not supported yet: a loss on what no layer with weights leads to")]
    [InlineData("Flatten, Dense(2, Activation = {|CVK0201:Activation.Softmax|}), MeanSquaredError", "dense is not supported yet: a softmax before MeanSquaredError")]
    [InlineData("Flatten, Dense(2), SmoothL1(Beta = {|CVK0003:0|})", "Beta of SmoothL1 must be a finite number greater than 0 but is 0")]
    [InlineData("Flatten, Dense(2), CrossEntropy(Weight = {|CVK0003:-1|})", "Weight of CrossEntropy must be a finite number greater than 0 but is -1")]
    public Task Bad_ends(string attributes, string message) => Markup.Expect($"using Convoke;\n[Model(8, 8, 1), {attributes}, Adam] partial class M;", message);

    [Theory]
    [InlineData("{|CVK0201:Mine|}, Flatten, Dense(2)", "LayerAttribute", "()",
        "Layer Mine is not supported yet: layers are Conv2D, Dense, Flatten, Dropout, BatchNorm, Upsample, MaxPool2D, AveragePool2D, GlobalMaxPool2D and GlobalAveragePool2D")]
    [InlineData("Flatten, Dense(2), Adam, {|CVK0201:Mine|}", "LossAttribute", "()",
        "Loss Mine is not supported yet: losses are CategoricalCrossentropy, SparseCategoricalCrossentropy, CrossEntropy, MeanSquaredError and SmoothL1")]
    [InlineData("Flatten, Dense(2), CrossEntropy, {|CVK0201:Mine|}", "OptimizerAttribute", "(1)", "Optimizer Mine is not supported yet: optimizers are Adam, AdamW and Sgd")]
    public Task Attributes_of_ones_own_are_not_supported(string attributes, string baseClass, string arguments, string message) => Markup.Expect(
        $"using Convoke;\n[Model(8, 8, 1), {attributes}] partial class M;\nclass MineAttribute() : {baseClass}{arguments};", message);
}
