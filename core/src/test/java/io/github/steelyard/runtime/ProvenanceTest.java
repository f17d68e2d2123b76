package io.github.steelyard.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ProvenanceTest {
  @Test
  void givenARun_whenItsProvenanceIsWrittenAsJson_thenItReadsBackEqual() throws Exception {
    Provenance provenance =
        Provenance.now(
            5, Map.of("train", "ab12"), Map.of("epochs", 3), List.of("train", "adamp.yaml"));
    ObjectMapper mapper = new ObjectMapper();

    Provenance back = mapper.readValue(mapper.writeValueAsString(provenance), Provenance.class);

    assertThat(back).isEqualTo(provenance);
    assertThat(provenance.steelyard()).matches("\\d+\\.\\d+\\.\\d+.*");
    assertThat(provenance.engine().libtorch()).startsWith("2.");
    assertThat(provenance.engine().blas()).isNotBlank();
  }
}
