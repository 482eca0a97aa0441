package dev.llmpropagation.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** A class that makes its client once, and shares it with the classes that are nested in it. */
class NestedClassesTest {

    private static final List<String> BASE_URLS = new CopyOnWriteArrayList<>();

    @Test
    void staticServer_runsForNestedClassesToo() {
        for (int run = 1; run <= 2; run++) {
            LauncherFactory.create()
                    .execute(LauncherDiscoveryRequestBuilder.request()
                            .selectors(selectClass(Outer.class))
                            .build());

            assertThat(BASE_URLS).hasSize(4);
            assertThat(BASE_URLS).as("base URLs of run " + run).containsOnly(BASE_URLS.get(0));
            assertThat(Outer.openai.wireMock().isRunning())
                    .as("runs after run " + run)
                    .isFalse();
            BASE_URLS.clear();
        }
    }

    static class Outer {
        @RegisterExtension
        static final LlmServer openai = LlmServer.openAi();

        @Test
        void itself() {
            BASE_URLS.add(openai.baseUrl());
        }

        @Nested
        class First {
            @Test
            void nested() {
                BASE_URLS.add(openai.baseUrl());
            }

            @Nested
            class Inner {
                @Test
                void nestedTwice() {
                    BASE_URLS.add(openai.baseUrl());
                }
            }
        }

        @Nested
        class Second {
            @Test
            void nested() {
                BASE_URLS.add(openai.baseUrl());
            }
        }
    }
}
