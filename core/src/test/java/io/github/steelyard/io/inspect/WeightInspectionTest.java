package io.github.steelyard.io.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.steelyard.io.FileFormatException;
import io.github.steelyard.io.SafeTensors;
import io.github.steelyard.runtime.Engine;
import io.github.steelyard.runtime.Seeds;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WeightInspectionTest {
  private static final WeightInspection INSPECTION =
      new WeightInspection(InspectionConfiguration.DEFAULT);

  @TempDir Path folder;

  @BeforeAll
  static void startEngine() {
    Engine.start();
  }

  private static TensorReport inspect(Tensor tensor) throws JsonProcessingException {
    TensorReport report = INSPECTION.inspect("t", tensor);
    JsonMapper mapper = new JsonMapper();
    String json = mapper.writeValueAsString(report);
    assertThat(json).doesNotContain("NaN").doesNotContain("Infinity");
    assertThat(mapper.readValue(json, TensorReport.class)).isEqualTo(report);
    return report;
  }

  @Test
  void givenAKnownMatrix_whenItIsInspected_thenNumbersAreThoseOfItsDefinition() throws Exception {
    // Singular values 3, 2 and 1, rotated on both sides.
    Tensor left = orthogonal(3, 1);
    Tensor right = orthogonal(5, 2).narrow(0, 0, 3);
    Tensor diagonal = torch.diag(Tensor.create(3.0, 2.0, 1.0));
    Spectrum spectrum = inspect(left.matmul(diagonal).matmul(right)).spectrum();
    assertThat(spectrum.rows()).isEqualTo(3);
    assertThat(spectrum.columns()).isEqualTo(5);
    assertThat(spectrum.singularValues())
        .usingComparatorForType((a, b) -> Math.abs(a - b) < 1e-12 ? 0 : 1, Double.class)
        .containsExactly(3.0, 2.0, 1.0);
    assertThat(spectrum.spectralNorm()).isCloseTo(3, within(1e-12));
    assertThat(spectrum.conditionNumber()).isCloseTo(3, within(1e-12));
    assertThat(spectrum.rank()).isEqualTo(3);
    double entropy = -(Math.log(0.5) / 2 + Math.log(1 / 3.0) / 3 + Math.log(1 / 6.0) / 6);
    assertThat(spectrum.effectiveRank()).isCloseTo(Math.exp(entropy), within(1e-12));
    assertThat(spectrum.stableRank()).isCloseTo(14 / 9.0, within(1e-12));
  }

  @Test
  void givenKnownValues_whenTheyAreInspected_thenTheStatisticsAreExact() throws Exception {
    TensorReport report = inspect(Tensor.create(0f, -0f, 1f, 2f, 5f));
    TensorStatistics statistics = report.statistics();
    assertThat(report.dtype()).isEqualTo("F32");
    assertThat(report.shape()).containsExactly(5L);
    assertThat(report.bytes()).isEqualTo(20);
    assertThat(report.spectrum()).isNull();
    assertThat(report.omitted()).isEmpty();
    assertThat(statistics.min()).isEqualTo(0);
    assertThat(statistics.max()).isEqualTo(5);
    assertThat(statistics.mean()).isCloseTo(1.6, within(1e-15));
    assertThat(statistics.std()).isCloseTo(Math.sqrt(3.44), within(1e-14));
    assertThat(statistics.norm()).isCloseTo(Math.sqrt(30), within(1e-14));
    assertThat(statistics.zeros()).isEqualTo(2);
    assertThat(statistics.sparsity()).isEqualTo(0.4);
    Histogram histogram = statistics.histogram();
    assertThat(histogram.counts()).hasSize(64).startsWith(2L).endsWith(1L);
    assertThat(histogram.counts().stream().mapToLong(Long::longValue).sum()).isEqualTo(5);
    assertThat(histogram.edges()).startsWith(0.0).endsWith(5.0).isSorted();
  }

  @Test
  void givenMoreThanOneBlock_whenItIsInspected_thenItEqualsTheWholeComputation() throws Exception {
    Seeds.set(3);
    Tensor values = torch.randn(2_500_000).mul(new Scalar(1e-3)).add(new Scalar(100.0));
    TensorStatistics statistics = inspect(values).statistics();
    Tensor exact = values.to(ScalarType.Double);
    assertThat(statistics.mean()).isCloseTo(exact.mean().item_double(), within(1e-10));
    assertThat(statistics.std()).isCloseTo(exact.std(false).item_double(), within(1e-12));
    assertThat(statistics.norm()).isCloseTo(exact.norm().item_double(), within(1e-6));
    List<Long> counts = statistics.histogram().counts();
    assertThat(counts.stream().mapToLong(Long::longValue).sum()).isEqualTo(2_500_000);
    assertThat(counts.get(counts.size() / 2)).isGreaterThan(counts.get(3));
  }

  @Test
  void givenValuesThatAreNotFinite_whenTheyAreInspected_thenTheyAreCountedAndLeftOut()
      throws Exception {
    Tensor values =
        Tensor.create(
            1.0, Double.NaN, 3.0, Double.POSITIVE_INFINITY, 0.0, Double.NEGATIVE_INFINITY);
    TensorReport report = inspect(values.reshape(2, 3));
    assertThat(report.statistics().nan()).isEqualTo(1);
    assertThat(report.statistics().infinite()).isEqualTo(2);
    assertThat(report.statistics().max()).isEqualTo(3);
    assertThat(report.statistics().mean()).isCloseTo(4 / 3.0, within(1e-15));
    assertThat(report.statistics().sparsity()).isCloseTo(1 / 6.0, within(1e-15));
    assertThat(report.spectrum()).isNull();
    assertThat(report.omitted()).containsExactly("singular values: 3 values are not finite");
    TensorStatistics none = inspect(Tensor.create(Double.NaN, Double.NaN)).statistics();
    assertThat(none.nan()).isEqualTo(2);
    assertThat(none.mean()).isNull();
    assertThat(none.norm()).isNull();
    assertThat(none.histogram()).isNull();
  }

  @Test
  void givenZeroRankDeficientAndEmptyTensors_whenTheyAreInspected_thenNothingIsUndefined()
      throws Exception {
    TensorReport zero = inspect(torch.zeros(3, 4));
    assertThat(zero.statistics().sparsity()).isEqualTo(1);
    assertThat(zero.statistics().std()).isEqualTo(0);
    assertThat(zero.statistics().histogram())
        .isEqualTo(new Histogram(List.of(0.0, 0.0), List.of(12L)));
    assertThat(zero.spectrum().rank()).isZero();
    assertThat(zero.spectrum().spectralNorm()).isZero();
    assertThat(zero.spectrum().conditionNumber()).isNull();
    assertThat(zero.spectrum().effectiveRank()).isZero();
    assertThat(zero.spectrum().stableRank()).isZero();

    Spectrum deficient = inspect(torch.ones(4, 6)).spectrum();
    assertThat(deficient.rank()).isEqualTo(1);
    assertThat(deficient.conditionNumber()).isNull();
    assertThat(deficient.effectiveRank()).isCloseTo(1, within(1e-9));

    TensorReport empty = inspect(torch.empty(0, 4));
    assertThat(empty.elements()).isZero();
    assertThat(empty.statistics().norm()).isZero();
    assertThat(empty.statistics().sparsity()).isNull();
    assertThat(empty.omitted()).containsExactly("singular values: the tensor is empty");

    TensorReport scalar = inspect(torch.tensor(2.5f).reshape(new long[0]));
    assertThat(scalar.shape()).isEmpty();
    assertThat(scalar.statistics().mean()).isEqualTo(2.5);
  }

  @Test
  void givenTheLargestAndSmallestNumbers_whenTheyAreInspected_thenNothingOverflows()
      throws Exception {
    Tensor large = Tensor.create(-Double.MAX_VALUE, Double.MAX_VALUE, 1.0, 0.0);
    TensorReport report = inspect(large.reshape(2, 2));
    assertThat(report.statistics().std()).isCloseTo(Double.MAX_VALUE / Math.sqrt(2), within(1e300));
    assertThat(report.statistics().mean()).isBetween(-1e292, 1e292);
    assertThat(report.statistics().norm()).isNull();
    assertThat(report.omitted())
        .containsExactly("singular values: the largest exceeds the range of a double");
    Tensor small = Tensor.create(Double.MIN_VALUE, 3 * Double.MIN_VALUE);
    assertThat(inspect(small).statistics().max()).isEqualTo(3 * Double.MIN_VALUE);
    assertThat(inspect(small).statistics().mean()).isEqualTo(2 * Double.MIN_VALUE);
  }

  @Test
  void givenAConvolution_whenItIsInspected_thenItCountsAsTheMatrixOfItsFilters() throws Exception {
    Seeds.set(4);
    Tensor weight = torch.randn(8, 3, 3, 3);
    Spectrum spectrum = inspect(weight).spectrum();
    assertThat(spectrum.rows()).isEqualTo(8);
    assertThat(spectrum.columns()).isEqualTo(27);
    assertThat(spectrum.spectralNorm())
        .isCloseTo(torch.linalg_svdvals(weight.reshape(8, 27)).max().item_double(), within(1e-5));
    assertThat(inspect(weight.to(ScalarType.BFloat16)).dtype()).isEqualTo("BF16");
    assertThat(inspect(torch.ones(2, 2).to(ScalarType.Bool)).spectrum().rank()).isEqualTo(1);
  }

  @Test
  void givenAMatrixAboveTheLimit_whenItIsInspected_thenTheOmissionIsReported() {
    WeightInspection limited = new WeightInspection(new InspectionConfiguration(8, 1000));
    TensorReport report = limited.inspect("w", torch.ones(11, 10));
    assertThat(report.spectrum()).isNull();
    assertThat(report.statistics().mean()).isEqualTo(1);
    assertThat(report.omitted())
        .containsExactly(
            "singular values: a matrix of 11 x 10 takes 1.10e+03 multiply-adds,"
                + " and the limit is 1.00e+03");
    assertThat(limited.inspect("w", torch.ones(10, 10)).spectrum()).isNotNull();
    assertThatThrownBy(() -> new InspectionConfiguration(0, 1))
        .hasMessageContaining("histogramBins must be between 1 and 10000, but is 0");
    assertThatThrownBy(() -> new InspectionConfiguration(1, -1))
        .hasMessageContaining("spectrumLimit must be at least 0, but is -1");
  }

  @Test
  void givenAFileOfEveryType_whenItIsInspected_thenEveryTensorIsReported() throws Exception {
    List<TensorReport> progress = new ArrayList<>();
    FileReport report = INSPECTION.inspect(resource("python-all-types.safetensors"), progress::add);
    assertThat(report.tensors()).hasSize(20).isEqualTo(progress);
    assertThat(report.metadata()).containsKey("text");
    assertThat(report.bytes()).isEqualTo(Files.size(Path.of(report.file())) - headerEnd(report));
    Map<Boolean, List<TensorReport>> byOmission =
        progress.stream().collect(Collectors.partitioningBy(t -> t.statistics() == null));
    assertThat(byOmission.get(true)).extracting(TensorReport::name).containsExactly("c64");
    String json = new JsonMapper().writeValueAsString(report);
    assertThat(json).contains("\"tensors\":[{\"name\":\"u64\"").doesNotContain("NaN");

    FileReport packed = INSPECTION.inspect(resource("packed-f4.safetensors"), t -> {});
    assertThat(packed.elements()).isEqualTo(4);
    assertThat(packed.tensors().get(0).omitted())
        .containsExactly("values: libtorch cannot hold the type F4");
  }

  @Test
  void givenADamagedFile_whenItIsInspected_thenTheErrorNamesIt() throws IOException {
    Path file = Files.write(folder.resolve("bad.safetensors"), new byte[100]);
    assertThatThrownBy(() -> INSPECTION.inspect(file, t -> {}))
        .isInstanceOf(FileFormatException.class)
        .hasMessageContaining("bad.safetensors");
    Path good = folder.resolve("good.safetensors");
    SafeTensors.write(good, Map.of("weight", torch.ones(1)), Map.of());
    try (var open = SafeTensors.open(good)) {
      assertThatThrownBy(() -> INSPECTION.inspect(open, "wieght"))
          .hasMessageContaining("did you mean 'weight'");
    }
  }

  private static long headerEnd(FileReport report) throws IOException {
    byte[] start = Files.readAllBytes(Path.of(report.file()));
    return 8 + ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  private Path resource(String name) throws IOException {
    Path file = folder.resolve(name);
    try (InputStream in = SafeTensors.class.getResourceAsStream(name)) {
      Files.copy(in, file);
    }
    return file;
  }

  private static Tensor orthogonal(long size, long seed) {
    Seeds.set(seed);
    return torch.linalg_qr(torch.randn(size, size).to(ScalarType.Double)).get0();
  }

  @Test
  void givenAHistogram_whenDensitiesAreAsked_thenTheAreaIsOne() {
    assertThat(new Histogram(List.of(-1.0, -0.5, 0.0), List.of(3L, 1L)).densities())
        .containsExactly(1.5, 0.5);
    assertThat(new Histogram(List.of(2.0, 2.0), List.of(4L)).densities())
        .containsExactly(Double.POSITIVE_INFINITY);
  }
}
