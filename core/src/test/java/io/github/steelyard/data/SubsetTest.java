package io.github.steelyard.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SubsetTest {
  private static Dataset uneven() {
    // 60 of class 0, 30 of class 1, 11 of class 2, none of class 3
    int[] labels = IntStream.range(0, 101).map(i -> i < 60 ? 0 : i < 90 ? 1 : 2).toArray();
    return new InMemoryDataset(
        "uneven", new ImageShape(1, 1, 1), new byte[101], labels, List.of("a", "b", "c", "d"));
  }

  private static Map<Integer, Long> counts(Dataset data) {
    return IntStream.range(0, data.size())
        .mapToObj(data::label)
        .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
  }

  @Test
  void givenUnevenClasses_whenAShareIsDrawn_thenEachClassHasItsPartAndTheRestIsTheComplement() {
    Subset subset = Subset.stratified(uneven(), 50, 4);
    assertThat(counts(subset)).isEqualTo(Map.of(0, 30L, 1, 15L, 2, 5L));
    Subset rest = subset.complement();
    assertThat(counts(rest)).isEqualTo(Map.of(0, 30L, 1, 15L, 2, 6L));
    List<Integer> all =
        IntStream.concat(
                IntStream.range(0, 50).map(subset::indexInWhole),
                IntStream.range(0, 51).map(rest::indexInWhole))
            .sorted()
            .boxed()
            .toList();
    assertThat(all).isEqualTo(IntStream.range(0, 101).boxed().toList());
  }

  @Test
  void givenASeed_whenSubsetsAreDrawn_thenItDecidesWhich() {
    Subset first = Subset.stratified(uneven(), 50, 4);
    assertThat(Subset.stratified(uneven(), 50, 4).fingerprint()).isEqualTo(first.fingerprint());
    assertThat(Subset.stratified(uneven(), 50, 5).fingerprint()).isNotEqualTo(first.fingerprint());
    assertThatThrownBy(() -> Subset.stratified(uneven(), 102, 0))
        .hasMessageContaining("holds 101 samples")
        .hasMessageContaining("not 102");
    assertThatThrownBy(() -> Subset.stratified(uneven(), 101, 0).complement())
        .hasMessageContaining("holds no samples");
  }

  @ParameterizedTest
  @EnumSource(Split.class)
  void givenTheBuiltInImages_whenTheyAreOpened_thenTheyAreThoseOfTheProvenanceNote(Split split)
      throws IOException {
    Dataset data = Datasets.get("fashion-mnist").open(split);
    int each = split == Split.TRAIN ? 1200 : 200;
    assertThat(counts(data).values()).hasSize(10).allMatch(count -> count == each);
    MessageDigest digest = Fingerprint.start();
    digest.update(IdxReaderTest.idx(8, new int[] {10 * each, 28, 28}, new byte[0]));
    for (int i = 0; i < data.size(); i++) {
      digest.update(data.sample(i).image().pixels());
    }
    String note =
        new String(
            FashionMnist.class.getResourceAsStream("fashion-mnist/PROVENANCE.md").readAllBytes(),
            StandardCharsets.UTF_8);
    assertThat(note)
        .contains("subset, unpacked       " + HexFormat.of().formatHex(digest.digest()));
  }

  @ParameterizedTest
  @EnumSource(Split.class)
  void givenTheFullSetOnThisMachine_whenTheSubsetIsDrawnAgain_thenItIsTheBuiltInOne(Split split)
      throws IOException {
    assumeTrue(IdxFolder.isComplete(FashionMnist.DEBIAN_FOLDER));
    Dataset full = Datasets.get("fashion-mnist-full").open(split);
    Dataset builtIn = Datasets.get("fashion-mnist").open(split);
    Subset drawn = Subset.stratified(full, builtIn.size(), 20170825);
    for (int i = 0; i < drawn.size(); i++) {
      assertThat(drawn.sample(i).equals(builtIn.sample(i))).as("sample %d", i).isTrue();
    }
  }
}
