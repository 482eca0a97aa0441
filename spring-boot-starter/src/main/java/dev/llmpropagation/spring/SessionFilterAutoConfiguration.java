package dev.llmpropagation.spring;

import dev.llmpropagation.LlmPropagation;
import jakarta.servlet.Filter;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.web.filter.OncePerRequestFilter;

/** The session of a request that the program serves, from one of its headers. */
@AutoConfiguration(after = LlmPropagationAutoConfiguration.class)
@ConditionalOnClass({Filter.class, OncePerRequestFilter.class})
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnBean({LlmPropagation.class, ClientNetwork.class
}) // the latter is ours alone, and not there if switched off
@ConditionalOnProperty(prefix = LlmPropagationProperties.PREFIX, name = "session.request-header")
final class SessionFilterAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean
    SessionFilter llmSessionFilter(
            LlmPropagationProperties properties, ObjectProvider<SessionObservation> observations) {
        return new SessionFilter(properties.session().requestHeader(), observations.getIfAvailable());
    }
}
