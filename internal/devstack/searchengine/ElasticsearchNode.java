import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

import org.elasticsearch.Build;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.http.HttpServerTransport;
import org.elasticsearch.node.Node;
import org.elasticsearch.plugins.PluginBundle;
import org.elasticsearch.plugins.PluginsLoader;
import org.elasticsearch.rest.RestController;
import org.elasticsearch.rest.RestHandler;
import org.elasticsearch.rest.RestRequest;
import org.elasticsearch.rest.RestResponse;
import org.elasticsearch.rest.RestStatus;

/**
 * Runs a node of Elasticsearch 8 or 9 of what Maven Central has of it: the server and the module that
 * speaks HTTP. Its other modules and its launcher are not there. Arguments: folder, name of the
 * cluster, ports of which it takes the first free one, jars of the module.
 */
final class ElasticsearchNode {
    public static void main(String[] args) throws Exception {
        Path home = Path.of(args[0]);
        Settings settings = Settings.builder()
            .put("path.home", home.toString())
            .put("cluster.name", args[1])
            .put("node.name", args[1])
            .put("discovery.type", "single-node")
            .put("network.host", "127.0.0.1")
            .put("http.port", args[2])
            .put("logger.level", "WARN")
            .build();
        LogConfigurator.setNodeName(args[1]);
        LogConfigurator.configureWithoutConfig(settings);
        LogConfigurator.configureESLogging();
        Environment environment = new Environment(settings, Files.createDirectories(home.resolve("config")));
        layModule(environment.modulesDir(), List.of(args).subList(3, args.length));
        Node node = new Node(environment, PluginsLoader.createPluginsLoader(modules(environment.modulesDir()), Set.of(), Map.of(), false));
        node.injector().getInstance(RestController.class).registerHandler(new RestHandler.Route(RestRequest.Method.GET, "/"), about(args[1]));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> close(node)));
        node.start();
        System.out.println("HttpServerTransport publish_address {"
            + node.injector().getInstance(HttpServerTransport.class).boundAddress().publishAddress() + "}");
        new CountDownLatch(1).await();
    }

    /** The folder of a module as the server wants it. */
    private static void layModule(Path modules, List<String> jars) throws IOException {
        Path module = Files.createDirectories(modules.resolve("transport-netty4"));
        for (String jar : jars) {
            Path link = module.resolve(Path.of(jar).getFileName());
            Files.deleteIfExists(link); // of the start before
            Files.createSymbolicLink(link, Path.of(jar));
        }
        String version = Build.current().version();
        Files.writeString(module.resolve("plugin-descriptor.properties"), String.join("\n",
            "name=transport-netty4",
            "description=HTTP",
            "classname=org.elasticsearch.transport.netty4.Netty4Plugin",
            "version=" + version,
            "elasticsearch.version=" + version,
            "java.version=17", ""));
    }

    /** Elasticsearch 9 has given the method another parameter. */
    @SuppressWarnings("unchecked")
    private static Set<PluginBundle> modules(Path dir) throws ReflectiveOperationException {
        for (Method method : PluginsLoader.class.getMethods()) {
            if (method.getName().equals("loadModulesBundles")) {
                return (Set<PluginBundle>) (method.getParameterCount() == 1 ? method.invoke(null, dir) : method.invoke(null, dir, false));
            }
        }
        throw new NoSuchMethodException("loadModulesBundles");
    }

    /** What is at the root in a release, from a module that Maven Central has not. */
    private static RestHandler about(String name) {
        Build build = Build.current();
        String text = String.format("""
            {
              "name" : "%s",
              "cluster_name" : "%s",
              "version" : {
                "number" : "%s",
                "build_flavor" : "%s",
                "build_hash" : "%s",
                "build_date" : "%s",
                "build_snapshot" : %s,
                "minimum_wire_compatibility_version" : "%s",
                "minimum_index_compatibility_version" : "%s"
              },
              "tagline" : "You Know, for Search"
            }
            """, name, name, build.qualifiedVersion(), build.flavor(), build.hash(), build.date(), build.isSnapshot(),
            build.minWireCompatVersion(), build.minIndexCompatVersion());
        return (request, channel, client) -> channel.sendResponse(new RestResponse(RestStatus.OK, "application/json", text));
    }

    private static void close(Node node) {
        try {
            node.close();
        } catch (IOException e) {
            e.printStackTrace();
        }
    }
}
