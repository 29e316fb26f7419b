// The operator's own suite, written for a cluster that is there already (`USE_EXISTING_CLUSTER` of envtest): KUBECONFIG says where. On a
// cluster without kubelets, as envtest is, what waits for pods would wait for ever.
package main

import (
	"context"
	"os"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
)

const namespace = "default"

var (
	cluster client.Client
	ctx     context.Context
)

func TestMain(m *testing.M) {
	ctrl.SetLogger(zap.New())
	config := ctrl.GetConfigOrDie()
	manager, err := operator(config, namespace, true)
	if err != nil {
		panic(err)
	}
	cluster, err = client.New(config, client.Options{Scheme: known()})
	if err != nil {
		panic(err)
	}
	var cancel context.CancelFunc
	ctx, cancel = context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- manager.Start(ctx) }()
	code := m.Run()
	cancel()
	if err := <-ended; err != nil {
		println(err.Error())
		code = 1
	}
	os.Exit(code)
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for until := time.Now().Add(30 * time.Second); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("never: %s", what)
}

func key(name string) client.ObjectKey { return client.ObjectKey{Namespace: namespace, Name: name} }

func made(t *testing.T, name string, replicas int32, image string) *Shop {
	t.Helper()
	shop := &Shop{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}, Spec: ShopSpec{Replicas: replicas, Image: image}}
	if err := cluster.Create(ctx, shop); err != nil {
		t.Fatal(err)
	}
	return shop
}

func isReady(t *testing.T, name string, replicas int32) func() bool {
	return func() bool {
		var shop Shop
		if err := cluster.Get(ctx, key(name), &shop); err != nil {
			t.Fatal(err)
		}
		return shop.Status.Ready == replicas && meta.IsStatusConditionTrue(shop.Status.Conditions, "Ready")
	}
}

func TestAShopGetsADeploymentOfItsOwn(t *testing.T) {
	shop := made(t, "first", 2, "registry.example/shop:1")
	eventually(t, "it is ready", isReady(t, "first", 2))
	var deployment appsv1.Deployment
	if err := cluster.Get(ctx, key("first"), &deployment); err != nil {
		t.Fatal(err)
	}
	owner := metav1.GetControllerOf(&deployment)
	if owner == nil || owner.UID != shop.UID {
		t.Fatalf("whose is it? %v", owner)
	}
	var settings corev1.ConfigMap
	if err := cluster.Get(ctx, key("first-cfg"), &settings); err != nil || settings.Data["image"] != "registry.example/shop:1" {
		t.Fatalf("%v %v", err, settings.Data)
	}
	var pods corev1.PodList
	if err := cluster.List(ctx, &pods, client.InNamespace(namespace), client.MatchingLabels{"shop": "first"}); err != nil {
		t.Fatal(err)
	}
	if len(pods.Items) != 2 {
		t.Fatalf("%d pods", len(pods.Items))
	}
}

func TestWhatSomebodyChangesIsPutRight(t *testing.T) {
	made(t, "drifts", 1, "registry.example/shop:1")
	eventually(t, "it is ready", isReady(t, "drifts", 1))
	var deployment appsv1.Deployment
	if err := cluster.Get(ctx, key("drifts"), &deployment); err != nil {
		t.Fatal(err)
	}
	old := deployment.DeepCopy()
	deployment.Spec.Template.Spec.Containers[0].Image = "registry.example/other:1"
	if err := cluster.Update(ctx, &deployment); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the image is the Shop's again", func() bool {
		var now appsv1.Deployment
		err := cluster.Get(ctx, key("drifts"), &now)
		return err == nil && now.Spec.Template.Spec.Containers[0].Image == "registry.example/shop:1"
	})
	// Whoever writes an older version hears of it.
	old.Labels = map[string]string{"late": "yes"}
	if err := cluster.Update(ctx, old); !apierrors.IsConflict(err) {
		t.Fatalf("no conflict: %v", err)
	}
}

func TestAnotherImageIsRolledOut(t *testing.T) {
	made(t, "rolls", 3, "registry.example/shop:1")
	eventually(t, "it is ready", isReady(t, "rolls", 3))
	var shop Shop
	if err := cluster.Get(ctx, key("rolls"), &shop); err != nil {
		t.Fatal(err)
	}
	before := shop.copied()
	shop.Spec.Image = "registry.example/shop:2"
	if err := cluster.Patch(ctx, &shop, client.MergeFrom(before)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "three pods run the new image, and no other does", func() bool {
		var pods corev1.PodList
		if err := cluster.List(ctx, &pods, client.InNamespace(namespace), client.MatchingLabels{"shop": "rolls"}); err != nil {
			t.Fatal(err)
		}
		for _, pod := range pods.Items {
			if pod.Spec.Containers[0].Image != "registry.example/shop:2" || pod.Status.Phase != corev1.PodRunning {
				return false
			}
		}
		return len(pods.Items) == 3
	})
}

func TestAShopThatIsDeletedTakesItsOwnWithIt(t *testing.T) {
	shop := made(t, "goes", 1, "registry.example/shop:1")
	eventually(t, "it is ready", isReady(t, "goes", 1))
	if err := cluster.Delete(ctx, shop); err != nil {
		t.Fatal(err)
	}
	gone := func(object client.Object, name string) func() bool {
		return func() bool { return apierrors.IsNotFound(cluster.Get(ctx, key(name), object)) }
	}
	eventually(t, "the finalizer lets it go", gone(&Shop{}, "goes"))
	eventually(t, "its Deployment goes with it", gone(&appsv1.Deployment{}, "goes"))
	eventually(t, "its ConfigMap goes with it", gone(&corev1.ConfigMap{}, "goes-cfg"))
	eventually(t, "its pods go with it", func() bool {
		var pods corev1.PodList
		err := cluster.List(ctx, &pods, client.InNamespace(namespace), client.MatchingLabels{"shop": "goes"})
		return err == nil && len(pods.Items) == 0
	})
}

func TestAShopThatIsNoneIsRefused(t *testing.T) {
	shop := &Shop{ObjectMeta: metav1.ObjectMeta{Name: "wrong", Namespace: namespace}, Spec: ShopSpec{Replicas: -1, Image: "x"}}
	if err := cluster.Create(ctx, shop); !apierrors.IsInvalid(err) {
		t.Fatalf("not invalid: %v", err)
	}
	made(t, "twice", 0, "registry.example/shop:1")
	again := &Shop{ObjectMeta: metav1.ObjectMeta{Name: "twice", Namespace: namespace}, Spec: ShopSpec{Image: "x"}}
	if err := cluster.Create(ctx, again); !apierrors.IsAlreadyExists(err) {
		t.Fatalf("made twice: %v", err)
	}
}
