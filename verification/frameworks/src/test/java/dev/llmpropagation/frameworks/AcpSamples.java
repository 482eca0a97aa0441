package dev.llmpropagation.frameworks;

import com.agentclientprotocol.sdk.agent.AcpAgent.SyncPromptHandler;
import com.agentclientprotocol.sdk.agent.SyncPromptContext;
import com.agentclientprotocol.sdk.client.AcpSyncClient;
import com.agentclientprotocol.sdk.spec.AcpSchema.PromptRequest;
import com.agentclientprotocol.sdk.spec.AcpSchema.PromptResponse;
import com.agentclientprotocol.sdk.spec.AcpSchema.TextContent;
import dev.llmpropagation.agent.AgentTracing;
import dev.llmpropagation.agent.Decision;
import dev.llmpropagation.agent.DecisionSource;
import dev.llmpropagation.agent.Interaction;
import dev.llmpropagation.carrier.EnvelopeCarrier;
import dev.llmpropagation.daemon.DaemonRequest;
import dev.llmpropagation.daemon.QueuedPrompt;
import io.opentelemetry.context.Context;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** Samples of docs/acp.md, for Java's SDK of the Agent Client Protocol. */
final class AcpSamples {

    private AcpSamples() {}

    static PromptResponse prompt(AcpSyncClient client, String sessionId, String promptId, String text) {
        // sample: acpClient
        Map<String, Object> meta =
                EnvelopeCarrier.reference().injectMeta(Context.current(), Map.of("promptId", promptId));
        PromptResponse response = client.prompt(new PromptRequest(sessionId, List.of(new TextContent(text)), meta));
        // end
        return response;
    }

    static Future<PromptResponse> queue(
            DaemonRequest request, ExecutorService oneThread, AcpSyncClient client, String text) {
        // sample: acpQueue
        QueuedPrompt queued = request.queued();
        Future<PromptResponse> answer = oneThread.submit(() -> queued.dispatch().call(step -> {
            Map<String, Object> meta =
                    EnvelopeCarrier.reference().injectMeta(step.context(), Map.of("promptId", "p-1"));
            return client.prompt(new PromptRequest(step.session(), List.of(new TextContent(text)), meta));
        }));
        // end
        return answer;
    }

    static SyncPromptHandler handler(AgentTracing agent, Answer answer) {
        // sample: acpAgent
        return (request, context) -> agent.interaction(promptId(request.meta()))
                .session(request.sessionId())
                .parent(EnvelopeCarrier.reference().extractMeta(request.meta()))
                .call(turn -> answer.to(request, context, turn));
        // end
    }

    // sample: acpPromptId
    /** As the daemon calls it: ACP has no id for a prompt. Without one the interaction has none. */
    static @Nullable String promptId(@Nullable Map<String, Object> meta) {
        return meta != null && meta.get("promptId") instanceof String id ? id : null;
    }
    // end

    static boolean permission(Interaction turn, SyncPromptContext context) {
        // sample: acpPermission
        boolean allowed = turn.tool("shell").call(tool -> tool.blockedOnUser().call(wait -> {
            boolean yes = context.askPermission("Run it?"); // session/request_permission
            wait.decided(yes ? Decision.PROCEED_ONCE : Decision.CANCEL, DecisionSource.IDE);
            return yes;
        }));
        // end
        return allowed;
    }

    /** What an agent says to a prompt. */
    interface Answer {
        PromptResponse to(PromptRequest request, SyncPromptContext context, Interaction turn);
    }
}
