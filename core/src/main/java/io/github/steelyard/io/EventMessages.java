package io.github.steelyard.io;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * The few messages of TensorFlow's event.proto and summary.proto that are written. Their generated
 * classes are published only together with TensorFlow itself.
 */
final class EventMessages {
  private static final int DT_STRING = 7;
  private static final int SESSION_START = 1;

  private EventMessages() {}

  @FunctionalInterface
  private interface Fields {
    void writeTo(CodedOutputStream out) throws IOException;
  }

  private static ByteString message(Fields fields) {
    ByteString.Output bytes = ByteString.newOutput();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    try {
      fields.writeTo(out);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // cannot happen: the bytes go to memory
    }
    return bytes.toByteString();
  }

  private static byte[] event(double wallTime, long step, Fields what) {
    return message(
            out -> {
              out.writeDouble(1, wallTime);
              out.writeInt64(2, step);
              what.writeTo(out);
            })
        .toByteArray();
  }

  static byte[] fileVersion(double wallTime) {
    return event(wallTime, 0, out -> out.writeString(3, "brain.Event:2"));
  }

  static byte[] sessionStart(double wallTime, long step) {
    ByteString log = message(out -> out.writeEnum(1, SESSION_START));
    return event(wallTime, step, out -> out.writeBytes(7, log));
  }

  static byte[] scalar(double wallTime, long step, String tag, double value) {
    return summary(wallTime, step, tag, out -> out.writeFloat(2, (float) value));
  }

  static byte[] text(double wallTime, long step, String tag, String text) {
    ByteString dimension = message(out -> out.writeInt64(1, 1));
    ByteString shape = message(out -> out.writeBytes(2, dimension));
    ByteString tensor =
        message(
            out -> {
              out.writeEnum(1, DT_STRING);
              out.writeBytes(2, shape);
              out.writeString(8, text);
            });
    ByteString plugin = message(out -> out.writeString(1, "text"));
    ByteString metadata = message(out -> out.writeBytes(1, plugin));
    return summary(
        wallTime,
        step,
        tag,
        out -> {
          out.writeBytes(8, tensor);
          out.writeBytes(9, metadata);
        });
  }

  static byte[] histogram(double wallTime, long step, String tag, EventHistogram values) {
    ByteString histogram =
        message(
            out -> {
              out.writeDouble(1, values.min());
              out.writeDouble(2, values.max());
              out.writeDouble(3, (double) values.count());
              out.writeDouble(4, values.sum());
              out.writeDouble(5, values.sumOfSquares());
              writePacked(out, 6, values.limits());
              writePacked(out, 7, values.buckets());
            });
    return summary(wallTime, step, tag, out -> out.writeBytes(5, histogram));
  }

  private static void writePacked(CodedOutputStream out, int field, List<Double> values)
      throws IOException {
    ByteString packed =
        message(
            numbers -> {
              for (double value : values) {
                numbers.writeDoubleNoTag(value);
              }
            });
    out.writeBytes(field, packed);
  }

  private static byte[] summary(double wallTime, long step, String tag, Fields content) {
    ByteString value =
        message(
            out -> {
              out.writeString(1, tag);
              content.writeTo(out);
            });
    ByteString summary = message(out -> out.writeBytes(1, value));
    return event(wallTime, step, out -> out.writeBytes(5, summary));
  }
}
