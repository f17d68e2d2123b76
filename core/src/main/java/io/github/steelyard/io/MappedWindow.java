package io.github.steelyard.io;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;

/**
 * A part of a file in memory, unmapped when it is closed. Java 17 leaves unmapping to the
 * collector; until then Windows refuses to replace the file, so a checkpoint could not be written
 * over the one that was just read.
 */
final class MappedWindow implements AutoCloseable {
  /** {@code sun.misc.Unsafe.invokeCleaner}, or null where the JVM does not have it. */
  private static final MethodHandle UNMAP = findUnmap();

  private final MappedByteBuffer mapped;

  MappedWindow(FileChannel channel, long begin, int length) throws IOException {
    mapped = channel.map(MapMode.READ_ONLY, begin, length);
  }

  /**
   * Copies the window's bytes. Nothing else may see them: the mapping ends with this window.
   *
   * @throws IOException if the file became shorter and a mapped page no longer exists
   */
  void copyTo(ByteBuffer target) throws IOException {
    try {
      target.put(mapped);
    } catch (InternalError e) {
      // How the JVM reports a page fault in a mapping.
      throw new IOException("a mapped page no longer exists", e);
    }
  }

  @Override
  public void close() {
    if (UNMAP == null) {
      return;
    }
    try {
      UNMAP.invoke((ByteBuffer) mapped);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static MethodHandle findUnmap() {
    try {
      Class<?> unsafe = Class.forName("sun.misc.Unsafe");
      Field instance = unsafe.getDeclaredField("theUnsafe");
      instance.setAccessible(true);
      return MethodHandles.lookup()
          .findVirtual(unsafe, "invokeCleaner", MethodType.methodType(void.class, ByteBuffer.class))
          .bindTo(instance.get(null));
    } catch (ReflectiveOperationException | RuntimeException e) {
      return null;
    }
  }
}
