package dev.llmpropagation.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.Test;

class ConnectionSettingsTest {

    @Test
    void unchanged_leavesEverythingAsItIs() {
        OkHttpClient before = new OkHttpClient();
        OkHttpClient after =
                ConnectionSettings.unchanged().applyTo(before.newBuilder()).build();
        assertThat(after.readTimeoutMillis()).isEqualTo(before.readTimeoutMillis());
        assertThat(after.pingIntervalMillis()).isEqualTo(before.pingIntervalMillis());
        assertThat(after.connectionPool()).isSameAs(before.connectionPool());
        assertThat(after.dispatcher()).isSameAs(before.dispatcher());
    }

    @Test
    void forModelCalls_waitsLongForBytesAndPings() {
        OkHttpClient client = ConnectionSettings.forModelCalls()
                .applyTo(new OkHttpClient.Builder())
                .build();
        assertThat(client.connectTimeoutMillis()).isEqualTo(10_000);
        assertThat(client.readTimeoutMillis()).isEqualTo(300_000);
        assertThat(client.writeTimeoutMillis()).isEqualTo(60_000);
        assertThat(client.callTimeoutMillis()).isZero();
        assertThat(client.pingIntervalMillis()).isEqualTo(30_000);
    }

    @Test
    void everySetting_reachesTheClientAndReplacesTheEarlierOne() {
        Dispatcher dispatcher = new Dispatcher();
        ConnectionSettings settings = ConnectionSettings.forModelCalls()
                .readTimeout(Duration.ofMillis(1))
                .readTimeout(Duration.ofSeconds(7))
                .callTimeout(Duration.ofSeconds(8))
                .keepAlive(Duration.ofSeconds(9))
                .maxRequests(20, 10);
        OkHttpClient client = settings.applyTo(new OkHttpClient.Builder().dispatcher(dispatcher))
                .build();
        assertThat(client.readTimeoutMillis()).isEqualTo(7_000);
        assertThat(client.callTimeoutMillis()).isEqualTo(8_000);
        assertThat(dispatcher.getMaxRequests()).isEqualTo(20);
        assertThat(dispatcher.getMaxRequestsPerHost()).isEqualTo(10);
        assertThat(settings)
                .hasToString("ConnectionSettings{connectTimeout=PT10S, readTimeout=PT7S, writeTimeout=PT1M,"
                        + " callTimeout=PT8S, pingInterval=PT30S, keepAlive=PT9S, maxRequests=20, 10 per host}");
    }

    @Test
    void badValues_areRefusedByName() {
        ConnectionSettings settings = ConnectionSettings.unchanged();
        assertThatThrownBy(() -> settings.readTimeout(Duration.ofSeconds(-1)))
                .hasMessage("ConnectionSettings.readTimeout: PT-1S is negative or longer than 24 days");
        assertThatThrownBy(() -> settings.callTimeout(Duration.ofDays(25))).hasMessageContaining("callTimeout: PT600H");
        assertThatThrownBy(() -> settings.connectTimeout(Duration.ofNanos(1)))
                .hasMessageContaining("less than a millisecond");
        assertThatThrownBy(() -> settings.keepAlive(Duration.ZERO)).hasMessageContaining("must be positive");
        assertThatThrownBy(() -> settings.keepAlive(null)).hasMessage("keepAlive");
        assertThatThrownBy(() -> settings.readTimeout(null)).hasMessage("readTimeout");
        assertThatThrownBy(() -> settings.maxRequests(0, 1)).hasMessageContaining("0 and 1; both must be at least 1");
    }
}
