package io.github.steelyard.io;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.util.function.Consumer;

/**
 * A part of a file in memory, unmapped when it is closed. A mapping of Java 17 lasts until the
 * collector finds it; until then Windows refuses to replace the file, so a checkpoint could not be
 * written over the one that was just read. From Java 22 on an arena ends the mapping (by
 * reflection, as this is compiled for 17), before that {@code sun.misc.Unsafe}, which later
 * versions warn of.
 */
final class MappedWindow implements AutoCloseable {
  private static final int PART = 1 << 16;
  private static final boolean HAS_ARENAS = Runtime.version().feature() >= 22;

  private final ByteBuffer mapped;
  private final AutoCloseable mapping;

  MappedWindow(FileChannel channel, long begin, int length) throws IOException {
    if (HAS_ARENAS) {
      Class<?> arenas = type("java.lang.foreign.Arena");
      Object arena = call(method(arenas, "ofConfined"), null);
      mapping = (AutoCloseable) arena;
      Method map = method(FileChannel.class, "map", MapMode.class, long.class, long.class, arenas);
      Object segment = call(map, channel, MapMode.READ_ONLY, begin, (long) length, arena);
      mapped =
          (ByteBuffer)
              call(method(type("java.lang.foreign.MemorySegment"), "asByteBuffer"), segment);
    } else {
      mapped = channel.map(MapMode.READ_ONLY, begin, length);
      mapping =
          () ->
              call(
                  method(type("sun.misc.Unsafe"), "invokeCleaner", ByteBuffer.class),
                  unsafe(),
                  mapped);
    }
  }

  /**
   * Copies the window's bytes. Nothing else may see them: the mapping ends with this window.
   *
   * @param seen looks at each part of the copy while it is still in the processor's cache
   * @throws IOException if the file became shorter and a mapped page no longer exists
   */
  void copyTo(ByteBuffer target, Consumer<ByteBuffer> seen) throws IOException {
    try {
      for (int begin = 0; begin < mapped.capacity(); begin += PART) {
        int length = Math.min(PART, mapped.capacity() - begin);
        target.put(begin, mapped, begin, length);
        seen.accept(target.slice(begin, length));
      }
    } catch (InternalError e) {
      // How the JVM reports a page fault in a mapping.
      throw new IOException("a mapped page no longer exists", e);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      mapping.close();
    } catch (IOException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException("cannot end the mapping", e);
    }
  }

  private static Object unsafe() throws IOException {
    try {
      Field instance = type("sun.misc.Unsafe").getDeclaredField("theUnsafe");
      instance.setAccessible(true);
      return instance.get(null);
    } catch (ReflectiveOperationException e) {
      throw new IOException("this JVM cannot end a mapping", e);
    }
  }

  private static Class<?> type(String name) throws IOException {
    try {
      return Class.forName(name);
    } catch (ClassNotFoundException e) {
      throw new IOException("this JVM cannot end a mapping", e);
    }
  }

  private static Method method(Class<?> type, String name, Class<?>... parameters)
      throws IOException {
    try {
      return type.getMethod(name, parameters);
    } catch (NoSuchMethodException e) {
      throw new IOException("this JVM cannot end a mapping", e);
    }
  }

  private static Object call(Method method, Object target, Object... arguments) throws IOException {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IOException io) {
        throw io;
      }
      throw new IOException("cannot map the file: " + e.getCause(), e);
    } catch (IllegalAccessException e) {
      throw new IOException("this JVM cannot end a mapping", e);
    }
  }
}
