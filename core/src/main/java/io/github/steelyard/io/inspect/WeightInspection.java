package io.github.steelyard.io.inspect;

import io.github.steelyard.io.DType;
import io.github.steelyard.io.FileFormatException;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.io.SafeTensorsFile;
import io.github.steelyard.io.TensorInfo;
import io.github.steelyard.runtime.Engine;
import io.github.steelyard.runtime.Scope;
import java.io.IOException;
import java.nio.DoubleBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Looks at weights: per tensor the distribution of its values and, for matrices, the singular
 * values. All numbers are computed in double precision from the stored values; 64-bit integers
 * beyond 2<sup>53</sup> are rounded.
 *
 * <p>Tensors are read one at a time, so memory stays at the largest one, plus four copies in double
 * precision of a matrix while its singular values are computed.
 */
public final class WeightInspection {
  private final InspectionConfiguration configuration;

  /**
   * Creates an inspection.
   *
   * @param configuration how closely to look; {@link InspectionConfiguration#DEFAULT} suits most
   */
  public WeightInspection(InspectionConfiguration configuration) {
    this.configuration = configuration;
  }

  /**
   * Inspects all tensors of a file.
   *
   * @param file a safetensors file
   * @param progress receives each report as soon as it is made
   * @return the reports of all tensors
   * @throws FileFormatException if it is not a valid safetensors file
   * @throws IOException if it cannot be read
   */
  public FileReport inspect(Path file, Consumer<TensorReport> progress) throws IOException {
    try (SafeTensorsFile open = SafeTensors.open(file)) {
      List<TensorReport> reports = new ArrayList<>();
      for (String name : open.tensors().keySet()) {
        TensorReport report = inspect(open, name);
        progress.accept(report);
        reports.add(report);
      }
      return new FileReport(
          file.toString(),
          reports.stream().mapToLong(TensorReport::elements).sum(),
          reports.stream().mapToLong(TensorReport::bytes).sum(),
          open.metadata(),
          reports);
    }
  }

  /**
   * Inspects one tensor of a file.
   *
   * @param file an open file
   * @param name the tensor's name
   * @return the report
   * @throws IllegalArgumentException if there is no such tensor; the message names the nearest
   * @throws FileFormatException if the file became shorter
   * @throws IOException if it cannot be read
   */
  public TensorReport inspect(SafeTensorsFile file, String name) throws IOException {
    TensorInfo info = file.tensors().get(name);
    if (info != null && info.dtype().scalarType().isEmpty()) {
      long elements = Arrays.stream(info.shape()).reduce(1, Math::multiplyExact);
      return new TensorReport(
          name,
          info.dtype().name(),
          Arrays.stream(info.shape()).boxed().toList(),
          elements,
          info.bytes(),
          null,
          null,
          List.of("values: libtorch cannot hold the type " + info.dtype()));
    }
    return Scope.compute(() -> inspect(name, file.read(name)));
  }

  /**
   * Inspects a tensor.
   *
   * @param name its name in the report
   * @param tensor a dense tensor of any type and shape on any device
   * @return the report
   */
  public TensorReport inspect(String name, Tensor tensor) {
    Engine.start();
    return Scope.computeWithoutGradient(() -> report(name, tensor.detach().cpu().contiguous()));
  }

  private TensorReport report(String name, Tensor tensor) {
    List<String> omitted = new ArrayList<>();
    TensorStatistics statistics = null;
    Spectrum spectrum = null;
    if (tensor.is_complex()) {
      omitted.add("values: complex numbers have no order; inspect their real parts or magnitudes");
    } else {
      StatisticsPass pass = new StatisticsPass(tensor);
      statistics = pass.run(configuration.histogramBins());
      if (tensor.dim() >= 2) {
        spectrum = spectrum(tensor, pass, omitted);
      }
    }
    return new TensorReport(
        name,
        DType.of(tensor.scalar_type())
            .map(DType::name)
            .orElseGet(() -> tensor.scalar_type().toString()),
        Arrays.stream(tensor.shape()).boxed().toList(),
        tensor.numel(),
        tensor.numel() * tensor.element_size(),
        statistics,
        spectrum,
        omitted);
  }

  private Spectrum spectrum(Tensor tensor, StatisticsPass pass, List<String> omitted) {
    long elements = tensor.numel();
    if (elements == 0) {
      omitted.add("singular values: the tensor is empty");
      return null;
    }
    if (!pass.isFinite()) {
      omitted.add("singular values: " + pass.notFinite() + " values are not finite");
      return null;
    }
    long rows = tensor.size(0);
    long columns = elements / rows;
    double work = (double) elements * Math.min(rows, columns);
    // LAPACK counts elements in 32 bits.
    if (work > configuration.spectrumLimit() || elements > Integer.MAX_VALUE) {
      omitted.add(
          String.format(
              Locale.ROOT,
              "singular values: a matrix of %d x %d takes %.3g multiply-adds, and the limit is %.3g",
              rows,
              columns,
              work,
              (double) configuration.spectrumLimit()));
      return null;
    }
    double scale = pass.scale();
    Tensor matrix = tensor.reshape(rows, columns).to(ScalarType.Double).div(new Scalar(scale));
    DoubleBuffer values = torch.linalg_svdvals(matrix).createBuffer();
    double[] singular = new double[values.remaining()];
    values.get(singular);
    if (!Double.isFinite(singular[0] * scale)) {
      omitted.add("singular values: the largest exceeds the range of a double");
      return null;
    }
    return Spectrum.of(rows, columns, singular, scale);
  }
}
