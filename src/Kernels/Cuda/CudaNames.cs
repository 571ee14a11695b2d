using System.Text;

namespace Convoke.Kernels.Cuda;

/// <summary>Names of layers and parameters as identifiers of CUDA C: "conv2d_1.kernel" is conv2d_1_kernel.</summary>
public static class CudaNames
{
    public static string Of(string name)
    {
        var text = new StringBuilder();
        foreach (char c in name) text.Append(c is >= 'a' and <= 'z' or >= 'A' and <= 'Z' or >= '0' and <= '9' ? c : '_');
        return text.Length > 0 && char.IsDigit(text[0]) ? "_" + text : text.ToString();
    }
}
