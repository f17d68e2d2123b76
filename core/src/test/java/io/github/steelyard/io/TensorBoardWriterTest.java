package io.github.steelyard.io;

import static io.github.steelyard.io.EventRecords.decode;
import static io.github.steelyard.io.EventRecords.message;
import static io.github.steelyard.io.EventRecords.step;
import static io.github.steelyard.io.EventRecords.utf8;
import static io.github.steelyard.io.EventRecords.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.UnknownFieldSet.Field;
import io.github.steelyard.runtime.Engine;
import io.github.steelyard.runtime.Seeds;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bench/peers/tensorboard_check.py} reads the same events with TensorBoard itself. */
final class TensorBoardWriterTest {
  private static final Clock CLOCK =
      Clock.fixed(Instant.ofEpochMilli(1_700_000_000_500L), ZoneOffset.UTC);

  @TempDir Path folder;

  @BeforeAll
  static void startEngine() {
    Engine.start();
  }

  @Test
  void givenEvents_whenTheFileIsDecoded_thenFramesChecksumsAndMessagesAreTensorFlows()
      throws IOException {
    Path file;
    try (TensorBoardWriter writer = new TensorBoardWriter(folder, 3, CLOCK)) {
      writer.scalar("train/loss", 0.25, 3);
      writer.text("recipe", "größe", 4);
      file = writer.path();
    }
    assertThat(file.getFileName().toString()).matches("events\\.out\\.tfevents\\.\\d{10}\\..+");
    List<UnknownFieldSet> events = decode(file);
    assertThat(events).hasSize(4);
    for (UnknownFieldSet event : events) {
      assertThat(asDouble(event.getField(1).getFixed64List().get(0))).isEqualTo(1_700_000_000.5);
    }
    assertThat(utf8(events.get(0).getField(3))).isEqualTo("brain.Event:2");
    assertThat(step(events.get(1))).isEqualTo(3);
    UnknownFieldSet session = message(events.get(1).getField(7));
    assertThat(session.getField(1).getVarintList()).containsExactly(1L); // START

    assertThat(step(events.get(2))).isEqualTo(3);
    UnknownFieldSet scalar = value(events.get(2));
    assertThat(utf8(scalar.getField(1))).isEqualTo("train/loss");
    assertThat(Float.intBitsToFloat(scalar.getField(2).getFixed32List().get(0))).isEqualTo(0.25f);

    assertThat(step(events.get(3))).isEqualTo(4);
    UnknownFieldSet text = value(events.get(3));
    assertThat(utf8(text.getField(1))).isEqualTo("recipe");
    UnknownFieldSet tensor = message(text.getField(8));
    assertThat(tensor.getField(1).getVarintList()).containsExactly(7L); // DT_STRING
    assertThat(utf8(tensor.getField(8))).isEqualTo("größe");
    UnknownFieldSet plugin = message(message(text.getField(9)).getField(1));
    assertThat(utf8(plugin.getField(1))).isEqualTo("text");
  }

  @Test
  void givenValues_whenAHistogramIsWritten_thenItHasTensorFlowsBuckets() throws IOException {
    Path file;
    Tensor values =
        Tensor.create(-2.0, 0.0, 0.0, 1e-12, 1.05e-12, 3.0, Double.NaN, Double.NEGATIVE_INFINITY);
    try (TensorBoardWriter writer = new TensorBoardWriter(folder)) {
      writer.histogram("weights", values, 1);
      file = writer.path();
    }
    UnknownFieldSet histogram = message(value(decode(file).get(2)).getField(5));
    assertThat(asDouble(histogram.getField(1).getFixed64List().get(0))).isEqualTo(-2);
    assertThat(asDouble(histogram.getField(2).getFixed64List().get(0))).isEqualTo(3);
    assertThat(asDouble(histogram.getField(3).getFixed64List().get(0))).isEqualTo(6);
    assertThat(asDouble(histogram.getField(4).getFixed64List().get(0))).isCloseTo(1, within(1e-9));
    assertThat(asDouble(histogram.getField(5).getFixed64List().get(0))).isCloseTo(13, within(1e-9));
    List<Double> limits = doubles(histogram.getField(6));
    List<Double> buckets = doubles(histogram.getField(7));
    assertThat(limits).hasSameSizeAs(buckets).isSorted();
    assertThat(buckets).containsExactly(0.0, 1.0, 0.0, 2.0, 2.0, 0.0, 1.0, 0.0);
    // -2 lies within a tenth below its bucket's end; zero is the start of its bucket, not the end.
    assertThat(limits.get(0)).isLessThanOrEqualTo(-2);
    assertThat(limits.get(1)).isGreaterThan(-2).isLessThan(-1.8);
    assertThat(limits.get(2)).isEqualTo(0.0);
    assertThat(limits.get(3)).isEqualTo(1e-12);
    assertThat(limits.get(4)).isCloseTo(1.1e-12, within(1e-20));
    assertThat(limits.get(5)).isLessThanOrEqualTo(3);
    assertThat(limits.get(6)).isGreaterThan(3).isLessThan(3.31);
    assertThat(limits.get(7)).isEqualTo(Double.MAX_VALUE);
  }

  @Test
  void givenManyValuesOfAnyType_whenAHistogramIsMade_thenEachIsInItsBucket() {
    Seeds.set(1);
    Tensor values = torch.randn(10_000).to(ScalarType.BFloat16);
    EventHistogram histogram = EventHistogram.of(values.reshape(100, 100).t());
    double[] all = new double[10_000];
    SafeTensorsFile.memory(values.to(ScalarType.Double), 0, 80_000).asDoubleBuffer().get(all);
    double lower = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < histogram.limits().size(); i++) {
      double upper = histogram.limits().get(i);
      int expected = 0;
      for (double value : all) {
        expected += value >= lower && value < upper ? 1 : 0;
      }
      assertThat(histogram.buckets().get(i)).isEqualTo(expected);
      lower = upper;
    }
    assertThat(histogram.count()).isEqualTo(10_000);
  }

  @Test
  void givenNothingFiniteOrTheLargestNumber_whenAHistogramIsMade_thenItIsStillValid() {
    EventHistogram none = EventHistogram.of(Tensor.create(Double.NaN));
    assertThat(none.count()).isZero();
    assertThat(none.buckets()).containsExactly(0.0);
    assertThat(EventHistogram.of(torch.empty(0)).count()).isZero();
    EventHistogram largest = EventHistogram.of(Tensor.create(Double.MAX_VALUE));
    assertThat(largest.buckets()).containsExactly(0.0, 1.0);
    assertThat(largest.limits()).endsWith(Double.MAX_VALUE);
  }

  @Test
  void givenAnEarlierFileFromTheFuture_whenARunResumes_thenTheNewFileSortsAfterIt()
      throws IOException {
    Files.createFile(folder.resolve("events.out.tfevents.4000000000.host.1.0"));
    Path first;
    Path second;
    try (TensorBoardWriter writer = new TensorBoardWriter(folder)) {
      first = writer.path();
    }
    try (TensorBoardWriter writer = new TensorBoardWriter(folder, 10)) {
      second = writer.path();
    }
    assertThat(List.of("events.out.tfevents.4000000000.host.1.0", name(first), name(second)))
        .isSorted()
        .doesNotHaveDuplicates();
    assertThat(step(decode(second).get(1))).isEqualTo(10);
  }

  @Test
  void givenWrongArguments_whenEventsAreWritten_thenTheyAreRefused() throws IOException {
    try (TensorBoardWriter writer = new TensorBoardWriter(folder)) {
      assertThatThrownBy(() -> writer.scalar("", 1, 0)).hasMessageContaining("tag");
      assertThatThrownBy(() -> writer.scalar("a", 1, -1)).hasMessageContaining("but is -1");
      Tensor complex = torch.zeros(2).to(ScalarType.ComplexFloat);
      assertThatThrownBy(() -> writer.histogram("w", complex, 0))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("'w' cannot show complex numbers");
      writer.close();
      assertThatThrownBy(() -> writer.scalar("a", 1, 0)).hasMessageContaining("is closed");
    }
    Path file = Files.createFile(folder.resolve("file"));
    assertThatThrownBy(() -> new TensorBoardWriter(file)).isInstanceOf(IOException.class);
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }

  private static double asDouble(long bits) {
    return Double.longBitsToDouble(bits);
  }

  private static List<Double> doubles(Field field) {
    ByteString packed = field.getLengthDelimitedList().get(0);
    ByteBuffer bytes = packed.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    List<Double> values = new ArrayList<>();
    while (bytes.hasRemaining()) {
      values.add(bytes.getDouble());
    }
    return values;
  }
}
