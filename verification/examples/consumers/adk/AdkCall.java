import com.google.adk.events.Event;
import dev.llmpropagation.LlmPropagation;

/** ADK's JSON, by its own Jackson. */
public final class AdkCall implements Consumer.Call {

    @Override
    public String ask(LlmPropagation propagation, String url) {
        return Event.builder().id("e-1").author("agent").invocationId("i-1").build().toJson();
    }
}
