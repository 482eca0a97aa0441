package dev.llmpropagation.spring;

import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.util.ClassUtils;

/** Finds the OpenTelemetry of the program: its bean, else that of the Java agent. */
final class ProgramTelemetry {

    private static final Log log = LogFactory.getLog(ProgramTelemetry.class);
    private static final String AGENT = "io.opentelemetry.javaagent.OpenTelemetryAgent";

    private ProgramTelemetry() {}

    static OpenTelemetry of(ObjectProvider<OpenTelemetry> beans) {
        OpenTelemetry bean = beans.getIfUnique();
        if (bean != null) {
            return bean;
        }
        // More than one without a primary one is an error that Spring explains.
        if (beans.stream().findAny().isPresent()) {
            return beans.getObject();
        }
        // Without the agent, asking for the global one would set it, and the program could no longer.
        if (ClassUtils.isPresent(AGENT, ClassLoader.getSystemClassLoader())) {
            return GlobalOpenTelemetry.get();
        }
        log.info(
                "There is no OpenTelemetry bean, so calls to models have no spans and carry the session alone. In Spring"
                        + " Boot 4, spring-boot-starter-opentelemetry brings one; in 3.5, spring-boot-starter-actuator with"
                        + " micrometer-tracing-bridge-otel.");
        return OpenTelemetry.noop();
    }
}
